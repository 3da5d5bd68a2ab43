"""The texts of spoken prompts."""

import pytest

from lock_bridge import prompts
from lock_bridge.engine.effects import Prompt


@pytest.mark.spec("SND-2")
@pytest.mark.parametrize("language", prompts.LANGUAGES)
def test_every_prompt_has_a_text_in_every_language(language: str) -> None:
    texts = prompts.texts(language)
    assert texts.keys() == {prompt.value for prompt in Prompt}
    assert all(text == text.strip() and text.endswith(".") for text in texts.values())


@pytest.mark.spec("SND-2")
def test_each_language_has_its_own_words() -> None:
    for prompt in Prompt:
        assert len({prompts.text(prompt, language) for language in prompts.LANGUAGES}) == len(prompts.LANGUAGES), prompt


def test_an_unknown_language_is_spoken_in_english() -> None:
    assert prompts.text(Prompt.ENROLLED, "tlh") == prompts.text(Prompt.ENROLLED, "en")
    assert prompts.spoken_in("tlh") == "en"


@pytest.mark.spec("DLM-10")
def test_serial_number_and_verification_code_are_spelled_and_the_version_is_read() -> None:
    values = {"serial": "BA12", "version": "1.4", "code": "QXZ"}
    said = prompts.text(Prompt.SYSTEM_INFORMATION, "en", values)
    assert said == "Serial number: B A 1 2. Device version: 1.4. Verification code: Q X Z."
    for language in prompts.LANGUAGES:
        assert {"B A 1 2", "1.4", "Q X Z"} <= set(
            prompts.text(Prompt.SYSTEM_INFORMATION, language, values).replace(": ", ". ").rstrip(".").split(". ")
        )
