"""Home Assistant's dialog of a flow, as somebody sees and fills it in."""

import re
from typing import Self

from playwright.async_api import Locator, Page, expect

from tests.system.home import INTEGRATION, Home, picture


class Dialog:
    """The dialog on a page. Whatever is done in it waits until it can be done."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._window = window = page.locator("dialog-data-entry-flow")
        self.title = window.locator(".dialog-title")
        self.menu = window.locator("step-flow-menu")
        self.form = window.locator("step-flow-form")
        self.progress = window.locator("step-flow-progress")
        self.errors = self.form.locator("ha-alert")
        self._close = window.locator("ha-icon-button[slot=headerNavigationIcon]").first
        self._submit = window.locator("ha-button[slot=primaryAction]")

    @classmethod
    async def configure(cls, home: Home, page: Page | None = None) -> Self:
        """What "Configure" at the bridge opens, in a page of its own or in one that is there."""
        page = page or await home.page(size=_ALL_OF_IT)
        await page.goto(f"{home.hass.url}{INTEGRATION}")
        dialog = cls(page)
        await dialog.reopen()
        return dialog

    @classmethod
    async def people(cls, home: Home, page: Page | None = None) -> Self:
        """The list of people."""
        dialog = await cls.configure(home, page)
        await dialog.choose(0)
        await expect(dialog.form).to_be_visible()
        return dialog

    async def reopen(self) -> None:
        """Choose "Configure"."""
        await self.page.locator("ha-config-entry-row ha-row-item > ha-icon-button[slot=end]").click()
        await expect(self.menu).to_be_visible()

    async def close(self) -> None:
        """Close it with its cross."""
        await self._close.click()
        await expect(self.title).to_have_count(0)

    async def titled(self, title: str, *texts: str) -> None:
        """Wait for the step with this title, which says all of `texts`."""
        await expect(self.title).to_have_text(title)
        step = self.page.locator("step-flow-form, step-flow-menu, step-flow-progress")
        for text in texts:
            await expect(step.get_by_text(text).first).to_be_visible()

    async def choose(self, option: str | int) -> None:
        """Choose from a menu: the option with this text, or the one at this place."""
        items = self.menu.locator("ha-list-item")
        await (items.nth(option) if isinstance(option, int) else self.option(option)).click()

    def option(self, text: str) -> Locator:
        """An option of a menu."""
        return self.menu.locator("ha-list-item").filter(has_text=text).first

    async def pick(self, name: str) -> None:
        """Choose in a form the first that has this in its name."""
        await self.form.get_by_role("radio", name=name).first.click()

    async def tick(self, *names: str) -> None:
        """Tick boxes."""
        for name in names:
            await self.form.get_by_text(name, exact=True).click()

    async def switch(self, label: str) -> None:
        """Turn a switch."""
        await self._about(label).locator("ha-switch").click()

    def field(self, label: str) -> Locator:
        """Where a text is typed."""
        return self._about(label).locator("input, textarea").last

    async def fill(self, label: str, text: str) -> None:
        """Type a text."""
        await self.field(label).fill(text)

    async def time(self, label: str, hours: int, minutes: int) -> None:
        """Type a time of day."""
        field = self._about(label)
        await field.locator("input[name=hours]").fill(str(hours))
        await field.locator("input[name=minutes]").fill(f"{minutes:02}")

    async def day_of_next_month(self, label: str, day: int) -> None:
        """Choose a day in the calendar."""
        await self._about(label).locator("ha-date-input").click()
        calendar = self.page.locator("ha-dialog-date-picker")
        month = calendar.locator(".month-year")
        await expect(month).not_to_be_empty()
        this_month = await month.inner_text()
        await calendar.locator("[slot=next]").click()
        await expect(month).not_to_have_text(this_month)
        await calendar.locator("calendar-month").get_by_role("button", name=re.compile(rf"^{day} ")).click()
        await calendar.locator("[slot=primaryAction]").click()
        await expect(calendar.locator("calendar-month")).to_have_count(0)

    async def submit(self) -> None:
        """Press the button below."""
        await self._submit.click()

    async def picture(self, name: str) -> None:
        """Keep a picture of it, with a little of what is around it, once nothing moves."""
        await self.page.wait_for_function(_STILL)
        await picture(self.page, name, around=self._window.locator("ha-dialog dialog").first)

    async def texts(self) -> list[str]:
        """Every text in it, piece by piece."""
        found: list[str] = await self._window.evaluate(_TEXTS)
        return found

    def _about(self, label: str) -> Locator:
        """The field with this label; another one's explanation may have the same words."""
        return self.form.locator(
            "ha-selector, ha-form-string, ha-form-integer", has_text=re.compile(rf"^\s*{re.escape(label)}\b")
        )


_ALL_OF_IT = (1280, 1100)
"""A screen that is high enough for the longest form."""

_STILL = "() => document.getAnimations().every(a => a.playState !== 'running' || a.effect.getTiming().iterations > 1)"

_TEXTS = """element => {
    const found = [];
    const walk = node => {
        for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) {
            if (child.nodeType === Node.TEXT_NODE && child.data.trim()) found.push(child.data.trim());
            else if (child.nodeType === Node.ELEMENT_NODE && !["STYLE", "SCRIPT"].includes(child.tagName)) walk(child);
        }
    };
    walk(element);
    return found;
}"""
