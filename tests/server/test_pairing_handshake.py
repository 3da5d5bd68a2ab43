"""The handshake `pair/1`: who gets in, who does not, and what an eavesdropper or a meddler can do."""

import base64
import functools
import hashlib
import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cpace as other
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from lock_bridge.wire import pairing
from lock_bridge.wire.pairing import (
    ConfirmationFailed,
    FinishReply,
    FinishRequest,
    MalformedCode,
    MalformedMessage,
    OutOfTurn,
    PairingClient,
    PairingFailed,
    PairingServer,
    StartReply,
    StartRequest,
)

CODE = "31415926"
CERTIFICATE = hashlib.sha256(b"the bridge's certificate").digest()
FORGED_CERTIFICATE = hashlib.sha256(b"someone else's certificate").digest()
DEVICE = "0f3a7c55-front-door"
SCOPES = ("state", "events", "lock", "unlock")
TOKEN = "lb1_c7_tAqZ4HqJx0WmB6hV3d9n2KfU5yEoR8sLgPiXjNvTwMk"
GRANT = {"token": TOKEN, "client_id": "c7", "device_id": DEVICE, "scopes": list(SCOPES)}

codes = st.from_regex(r"[0-9]{8}", fullmatch=True)
names = (
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=64)
    .filter(str.isprintable)
    .filter(lambda name: not name.isspace())
)
scope_lists = st.lists(st.from_regex(r"[a-z][a-z0-9_.:-]{0,31}", fullmatch=True), min_size=1, max_size=32, unique=True)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def client(code: str = CODE, certificate: bytes = CERTIFICATE) -> PairingClient:
    return PairingClient(code, certificate, "Home Assistant", SCOPES)


def server(code: str = CODE, certificate: bytes = CERTIFICATE) -> PairingServer:
    return PairingServer(code, certificate, DEVICE)


def over_the_wire[M: (StartRequest, StartReply, FinishRequest, FinishReply)](message: M) -> M:
    """The message as the other end reads it."""
    return type(message).from_json(json.loads(json.dumps(message.to_json())))


@dataclass(frozen=True)
class Pairing:
    """A pairing that went well, with all that was sent."""

    start: StartRequest
    start_reply: StartReply
    finish: FinishRequest
    finish_reply: FinishReply
    grant: dict[str, Any]


def pair(the_client: PairingClient, the_server: PairingServer, grant: dict[str, Any] | None = None) -> Pairing:
    start = over_the_wire(the_client.start())
    start_reply = over_the_wire(the_server.on_start(start))
    finish = over_the_wire(the_client.on_start_reply(start_reply))
    the_server.verify(finish)
    finish_reply = over_the_wire(the_server.seal(GRANT if grant is None else grant))
    return Pairing(start, start_reply, finish, finish_reply, the_client.on_finish_reply(finish_reply))


@functools.cache
def example() -> Pairing:
    return pair(client(), server())


def up_to_the_grant() -> tuple[PairingClient, FinishReply]:
    """A client that waits for its grant, and the grant that an honest bridge sends it."""
    the_client, the_server = client(), server()
    the_server.verify(the_client.on_start_reply(the_server.on_start(the_client.start())))
    return the_client, the_server.seal(GRANT)


class TestTheRightCode:
    def test_the_client_gets_what_the_bridge_grants(self) -> None:
        assert pair(client(), server()).grant == GRANT

    @given(code=codes, name=names, scopes=scope_lists)
    def test_any_code_name_and_scopes_pair(self, code: str, name: str, scopes: list[str]) -> None:
        the_client = PairingClient(code, CERTIFICATE, name, scopes)
        done = pair(the_client, PairingServer(code, CERTIFICATE, DEVICE))
        assert done.grant == GRANT
        assert (done.start.name, list(done.start.scopes)) == (name, scopes)

    @pytest.mark.parametrize(
        "typed",
        [
            "3141 5926",
            "3141-5926",
            " 31 41 59 26\n",
            "3141\N{EN DASH}5926",
            "3141\N{NO-BREAK SPACE}5926",
            "٣١٤١٥٩٢٦",
            "３１４１ ５９２６",
            "\N{LEFT-TO-RIGHT MARK}31415926\N{ZERO WIDTH SPACE}",
        ],
    )
    def test_a_code_may_be_typed_as_people_type_it(self, typed: str) -> None:
        assert pairing.normalise_code(typed) == CODE
        assert pair(client(typed), server()).grant == GRANT

    @pytest.mark.parametrize(
        "typed", ["", "3141592", "314159265", "3141592a", "3141592²", "3141_5926", "+31415926", "3141.5926", "Ⅷ" * 8]
    )
    def test_what_is_no_code_is_refused_before_anything_is_sent(self, typed: str) -> None:
        with pytest.raises(MalformedCode, match="8 digits"):
            client(typed)

    def test_the_grant_cannot_be_read_on_its_way(self) -> None:
        done = pair(client(), server())
        sent = [done.start.to_json(), done.start_reply.to_json(), done.finish.to_json(), done.finish_reply.to_json()]
        assert TOKEN not in json.dumps(sent)
        assert TOKEN.encode() not in done.finish_reply.sealed

    def test_two_pairings_with_one_code_have_nothing_in_common(self) -> None:
        first, second = pair(client(), server()), pair(client(), server())
        assert first.start.sid != second.start.sid
        assert first.start.share != second.start.share
        assert first.start_reply.share != second.start_reply.share
        assert first.finish.tag != second.finish.tag
        assert first.finish_reply.sealed != second.finish_reply.sealed


class TestTheWrongCode:
    @given(right=codes, wrong=codes)
    def test_the_bridge_refuses_a_client_with_another_code(self, right: str, wrong: str) -> None:
        the_client, the_server = client(wrong), server(right)
        finish = the_client.on_start_reply(the_server.on_start(the_client.start()))
        if right == wrong:
            the_server.verify(finish)
            return
        with pytest.raises(ConfirmationFailed):
            the_server.verify(finish)
        with pytest.raises(OutOfTurn):
            the_server.seal(GRANT)

    def test_a_guesser_has_one_guess_in_a_run(self) -> None:
        guesser, the_server = client("00000000"), server()
        finish = guesser.on_start_reply(the_server.on_start(guesser.start()))
        with pytest.raises(ConfirmationFailed):
            the_server.verify(finish)
        with pytest.raises(OutOfTurn):
            the_server.verify(finish)

    def test_the_bridge_does_not_prove_the_code_to_one_who_has_not(self) -> None:
        the_client, the_server = client(), server()
        the_server.on_start(the_client.start())
        with pytest.raises(OutOfTurn):
            the_server.seal(GRANT)

    def test_the_client_refuses_a_bridge_that_lets_everyone_in(self) -> None:
        the_client, impostor = client(), server("00000000")
        the_client.on_start_reply(impostor.on_start(the_client.start()))
        forged = FinishReply(bytes(64), bytes(12), bytes(64))
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(forged)


class TestSomeoneInBetween:
    def test_another_certificate_fails_at_the_bridge_though_every_message_is_passed_on(self) -> None:
        the_client, the_server = client(certificate=FORGED_CERTIFICATE), server()
        finish = the_client.on_start_reply(the_server.on_start(the_client.start()))
        with pytest.raises(ConfirmationFailed):
            the_server.verify(finish)

    def test_another_certificate_fails_at_the_client_too(self) -> None:
        the_client, careless = client(certificate=FORGED_CERTIFICATE), HandmadeBridge()
        the_client.on_start_reply(careless.on_start(the_client.start()))
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(careless.grant(b"{}"))

    @pytest.mark.parametrize(
        "change",
        [
            lambda start: replace(start, name="Home Assistant (kitchen)"),
            lambda start: replace(start, scopes=(*SCOPES, "clients")),
            lambda start: replace(start, scopes=tuple(reversed(SCOPES))),
            lambda start: replace(start, sid=bytes(16)),
            lambda start: replace(start, share=start.share[:-1] + bytes([start.share[-1] ^ 0x80])),
        ],
        ids=["name", "more scopes", "order of scopes", "sid", "the share's other spelling"],
    )
    def test_a_changed_start_is_noticed_by_the_bridge(self, change: Callable[[StartRequest], StartRequest]) -> None:
        the_client, the_server = client(), server()
        changed = change(the_client.start())
        finish = the_client.on_start_reply(the_server.on_start(changed))
        with pytest.raises(ConfirmationFailed):
            the_server.verify(replace(finish, sid=changed.sid))

    @pytest.mark.parametrize(
        "change",
        [
            lambda reply: replace(reply, device_id="another-door"),
            lambda reply: replace(reply, share=reply.share[:-1] + bytes([reply.share[-1] ^ 0x80])),
        ],
        ids=["device id", "the share's other spelling"],
    )
    def test_a_changed_reply_is_noticed_by_both(self, change: Callable[[StartReply], StartReply]) -> None:
        the_client, the_server = client(), server()
        finish = the_client.on_start_reply(change(the_server.on_start(the_client.start())))
        with pytest.raises(ConfirmationFailed):
            the_server.verify(finish)

        the_client, careless = client(), HandmadeBridge()
        the_client.on_start_reply(change(careless.on_start(the_client.start())))
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(careless.grant(b"{}"))

    @given(field=st.sampled_from(["tag", "nonce", "sealed"]), place=st.integers(0, 2**16), bit=st.integers(0, 7))
    def test_a_single_changed_bit_of_the_grant_is_noticed(self, field: str, place: int, bit: int) -> None:
        the_client, reply = up_to_the_grant()
        data = bytearray(getattr(reply, field))
        data[place % len(data)] ^= 1 << bit
        with pytest.raises(PairingFailed):
            the_client.on_finish_reply(replace(reply, **{field: bytes(data)}))

    def test_a_grant_cut_short_is_noticed(self) -> None:
        the_client, reply = up_to_the_grant()
        with pytest.raises(PairingFailed, match="changed"):
            the_client.on_finish_reply(replace(reply, sealed=reply.sealed[:-1]))

    def test_a_share_sent_back_is_refused(self) -> None:
        the_client = client()
        start = the_client.start()
        with pytest.raises(PairingFailed, match="sent back"):
            the_client.on_start_reply(StartReply(start.share, DEVICE))

    def test_a_proof_sent_back_proves_nothing(self) -> None:
        the_client, the_server = client(), server()
        finish = the_client.on_start_reply(the_server.on_start(the_client.start()))
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(FinishReply(finish.tag, bytes(12), bytes(64)))

    @pytest.mark.parametrize("share", [bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"])
    def test_a_share_of_low_order_is_refused_by_both(self, share: bytes) -> None:
        the_client, the_server = client(), server()
        start = the_client.start()
        with pytest.raises(PairingFailed, match="low order"):
            the_server.on_start(replace(start, share=share))
        with pytest.raises(PairingFailed, match="low order"):
            the_client.on_start_reply(StartReply(share, DEVICE))

    def test_a_bridge_that_answers_as_a_client_is_not_believed(self) -> None:
        the_client, accomplice = client(), client()
        start = the_client.start()
        mirrored = accomplice.start()
        the_client.on_start_reply(StartReply(mirrored.share, DEVICE))
        finish = accomplice.on_start_reply(StartReply(start.share, DEVICE))
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(FinishReply(finish.tag, bytes(12), bytes(64)))


class TestARecording:
    def test_a_recorded_pairing_played_again_is_refused(self) -> None:
        recorded = pair(client(), server())
        the_server = server()
        the_server.on_start(recorded.start)
        with pytest.raises(ConfirmationFailed):
            the_server.verify(recorded.finish)

    def test_a_recorded_proof_does_not_finish_someone_elses_start(self) -> None:
        recorded = pair(client(), server())
        the_client, the_server = client(), server()
        the_server.on_start(the_client.start())
        with pytest.raises(ConfirmationFailed):
            the_server.verify(recorded.finish)

    def test_a_recorded_bridge_does_not_pair_a_new_client(self) -> None:
        recorded = pair(client(), server())
        the_client = client()
        the_client.start()
        the_client.on_start_reply(recorded.start_reply)
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(recorded.finish_reply)

    def test_a_proof_under_another_sid_is_refused(self) -> None:
        the_client, the_server = client(), server()
        finish = the_client.on_start_reply(the_server.on_start(the_client.start()))
        with pytest.raises(ConfirmationFailed):
            the_server.verify(replace(finish, sid=bytes(16)))


class TestTheOrderOfSteps:
    def test_a_pairing_is_good_for_one_client(self) -> None:
        the_client, the_server = client(), server()
        done = pair(the_client, the_server)
        for again in (
            the_client.start,
            lambda: the_client.on_start_reply(done.start_reply),
            lambda: the_client.on_finish_reply(done.finish_reply),
            lambda: the_server.on_start(client().start()),
            lambda: the_server.verify(done.finish),
            lambda: the_server.seal(GRANT),
        ):
            with pytest.raises(OutOfTurn):
                again()

    def test_a_step_before_its_turn_ends_the_pairing(self) -> None:
        the_client, the_server = client(), server()
        done = pair(client(), server())
        with pytest.raises(OutOfTurn):
            the_client.on_start_reply(done.start_reply)
        with pytest.raises(OutOfTurn):
            the_client.start()
        with pytest.raises(OutOfTurn):
            the_server.verify(done.finish)
        with pytest.raises(OutOfTurn):
            the_server.on_start(done.start)

    def test_a_second_start_does_not_take_over_a_pairing(self) -> None:
        the_client, the_server = client(), server()
        the_server.on_start(the_client.start())
        with pytest.raises(OutOfTurn):
            the_server.on_start(client().start())

    def test_a_client_that_was_refused_once_cannot_go_on(self) -> None:
        the_client, reply = up_to_the_grant()
        with pytest.raises(ConfirmationFailed):
            the_client.on_finish_reply(replace(reply, tag=bytes(64)))
        with pytest.raises(OutOfTurn):
            the_client.on_finish_reply(reply)


class TestMessages:
    def test_each_has_exactly_this_json(self) -> None:
        sid, share, tag = bytes(range(16)), bytes(range(32)), bytes(range(192, 256))
        tag64 = "wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t_g4eLj5OXm5-jp6uvs7e7v8PHy8_T19vf4-fr7_P3-_w"
        share64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        sid64 = "AAECAwQFBgcICQoLDA0ODw"
        assert StartRequest(sid, share, "Zoë's \N{HOUSE BUILDING}", SCOPES).to_json() == {
            "protocol": "pair/1",
            "sid": sid64,
            "ya": share64,
            "name": "Zoë's \N{HOUSE BUILDING}",
            "scopes": ["state", "events", "lock", "unlock"],
        }
        assert StartReply(share, DEVICE).to_json() == {"yb": share64, "device_id": DEVICE}
        assert FinishRequest(sid, tag).to_json() == {"sid": sid64, "ta": tag64}
        assert FinishReply(tag, bytes(12), b"\xff" * 17).to_json() == {
            "tb": tag64,
            "nonce": "AAAAAAAAAAAAAAAA",
            "sealed": "_____________________" + "_8",
        }

    def test_names_and_scopes_are_proved_as_canonical_json(self) -> None:
        start = StartRequest(bytes(16), bytes(32), 'Zoë "the" \\house', SCOPES)
        assert (
            start.associated_data
            == '{"name":"Zoë \\"the\\" \\\\house","scopes":["state","events","lock","unlock"]}'.encode()
        )
        assert StartReply(bytes(32), DEVICE).associated_data == b'{"device_id":"0f3a7c55-front-door"}'

    @pytest.mark.parametrize("kind", [StartRequest, StartReply, FinishRequest, FinishReply])
    @given(data=json_values)
    def test_any_other_json_is_refused(self, kind: type[StartRequest], data: Any) -> None:
        with pytest.raises(MalformedMessage):
            kind.from_json(data)

    @given(data=st.data(), which=st.sampled_from(["start", "start_reply", "finish", "finish_reply"]))
    def test_a_bent_message_is_refused_or_means_just_what_it_says(self, data: st.DataObject, which: str) -> None:
        message = getattr(example(), which)
        bent = message.to_json()
        field = data.draw(st.sampled_from(sorted(bent)))
        match data.draw(st.sampled_from(["drop", "add", "replace", "cut", "append", "flip"])):
            case "drop":
                del bent[field]
            case "add":
                bent[data.draw(st.text())] = data.draw(json_values)
            case "replace":
                bent[field] = data.draw(json_values)
            case "cut":
                bent[field] = bent[field][:-1]
            case "append":
                bent[field] = bent[field] + (data.draw(st.text(max_size=2)) if isinstance(bent[field], str) else [""])
            case "flip" if isinstance(bent[field], str):
                place = data.draw(st.integers(0, len(bent[field]) - 1))
                bent[field] = bent[field][:place] + data.draw(st.characters()) + bent[field][place + 1 :]
        try:
            read = type(message).from_json(bent)
        except MalformedMessage:
            return
        assert read.to_json() == bent

    @pytest.mark.parametrize(
        ("which", "field", "lengths"),
        [
            ("start", "sid", [0, 15, 17]),
            ("start", "ya", [0, 31, 33]),
            ("start_reply", "yb", [0, 31, 33]),
            ("finish", "sid", [0, 15, 17]),
            ("finish", "ta", [0, 32, 63, 65]),
            ("finish_reply", "tb", [0, 32, 63, 65]),
            ("finish_reply", "nonce", [0, 11, 13]),
            ("finish_reply", "sealed", [0, 16, 4097]),
        ],
    )
    def test_every_field_has_its_length(self, which: str, field: str, lengths: list[int]) -> None:
        message = getattr(example(), which)
        for length in lengths:
            text = base64.urlsafe_b64encode(bytes(length)).rstrip(b"=").decode()
            with pytest.raises(MalformedMessage, match=field):
                type(message).from_json(message.to_json() | {field: text})

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "x" * 65,
            "two\nlines",
            "nul\0",
            "esc\x1b[31m",
            "hid\N{ZERO WIDTH SPACE}den",
            "turned\N{RIGHT-TO-LEFT OVERRIDE}",
            "\ud800",
        ],
    )
    def test_a_name_is_something_one_can_read(self, name: str) -> None:
        with pytest.raises(MalformedMessage, match="name"):
            StartRequest.from_json(example().start.to_json() | {"name": name})
        with pytest.raises(MalformedMessage, match="name"):
            PairingClient(CODE, CERTIFICATE, name, SCOPES)

    @pytest.mark.parametrize(
        "scopes",
        [
            [],
            ["lock", "lock"],
            ["Lock"],
            ["lock "],
            [""],
            ["x" * 33],
            [f"s{n}" for n in range(33)],
            "lock",
            ["lock", 1],
            {"lock": 1},
            None,
        ],
    )
    def test_scopes_are_a_short_list_of_different_words(self, scopes: Any) -> None:
        with pytest.raises(MalformedMessage, match="scopes"):
            StartRequest.from_json(example().start.to_json() | {"scopes": scopes})

    @pytest.mark.parametrize("device_id", ["", "x" * 65, "front door", "türe", "a\n", "a/b"])
    def test_a_device_id_is_plain(self, device_id: str) -> None:
        with pytest.raises(MalformedMessage, match="device_id"):
            StartReply.from_json(example().start_reply.to_json() | {"device_id": device_id})
        with pytest.raises(MalformedMessage, match="device_id"):
            PairingServer(CODE, CERTIFICATE, device_id)

    @pytest.mark.parametrize("protocol", ["pair/2", "pair/1 ", "", None, 1])
    def test_another_version_of_the_handshake_is_refused_at_once(self, protocol: Any) -> None:
        with pytest.raises(MalformedMessage, match="pair/1"):
            StartRequest.from_json(example().start.to_json() | {"protocol": protocol})

    def test_a_certificate_hash_of_another_kind_is_a_mistake_of_the_caller(self) -> None:
        for wrong in (b"", bytes(20), CERTIFICATE.hex().encode()):
            with pytest.raises(ValueError, match="SHA-256"):
                PairingClient(CODE, wrong, "Home Assistant", SCOPES)
            with pytest.raises(ValueError, match="SHA-256"):
                PairingServer(CODE, wrong, DEVICE)

    def test_a_grant_too_long_for_the_message_is_not_sent(self) -> None:
        the_client, the_server = client(), server()
        the_server.verify(the_client.on_start_reply(the_server.on_start(the_client.start())))
        with pytest.raises(MalformedMessage, match="sealed"):
            the_server.seal(GRANT | {"token": "x" * 4096})


class TestSecrets:
    """What no log, repr or traceback may show."""

    def test_no_end_and_no_message_prints_the_code_or_the_grant(self) -> None:
        the_client, the_server = client(), server()
        printed = [repr(the_client), repr(the_server)]
        done = pair(the_client, the_server)
        printed += [repr(done.start), repr(done.start_reply), repr(done.finish), repr(done.finish_reply)]
        printed += [repr(the_client), repr(the_server), str(the_client), str(the_server)]
        assert not any(CODE in text or TOKEN in text for text in printed)

    def test_no_refusal_tells_the_code(self) -> None:
        refusals: list[Exception] = []

        def refused(step: Callable[[], object]) -> None:
            with pytest.raises(PairingFailed) as caught:
                step()
            refusals.append(caught.value)

        the_client, the_server = client(), server()
        the_server.on_start(the_client.start())
        refused(lambda: the_server.verify(FinishRequest(bytes(16), bytes(64))))
        refused(lambda: client().on_start_reply(StartReply(bytes(32), DEVICE)))
        refused(lambda: server().on_start(replace(client().start(), share=bytes(32))))
        refused(lambda: client(CODE + "0"))
        honest, reply = up_to_the_grant()
        refused(lambda: honest.on_finish_reply(replace(reply, nonce=bytes(12))))
        for refusal in refusals:
            assert CODE not in "".join(traceback.format_exception(refusal))

    @pytest.mark.parametrize("text", [f'{{"token": "{TOKEN}"', f'["{TOKEN}"]', f'"{TOKEN}"'])
    def test_a_grant_that_is_no_object_is_refused_without_a_trace_of_it(self, text: str) -> None:
        the_client = client()
        bridge = HandmadeBridge()
        the_client.on_start_reply(bridge.on_start(the_client.start()))
        with pytest.raises(MalformedMessage) as caught:
            the_client.on_finish_reply(bridge.grant(text.encode()))
        linked: BaseException | None = caught.value
        while linked is not None:
            assert TOKEN not in str(vars(linked)) + str(linked.args)
            linked = linked.__cause__ or linked.__context__


class HandmadeBridge:
    """The bridge's end, written from the description alone over someone else's CPace. It lets every client through."""

    def on_start(self, start: StartRequest) -> StartReply:
        ours = other.CPace.start(
            role=other.CPaceRole.RESPONDER,
            prs=b"31415926",
            sid=start.sid,
            ci=b"lockbridge-pair-1" + CERTIFICATE,
            ad=b'{"device_id":"0f3a7c55-front-door"}',
        )
        ours.derive(start.share, b'{"name":"Home Assistant","scopes":["state","events","lock","unlock"]}')
        self.cpace = ours
        return StartReply(ours.public_share, DEVICE)

    def grant(self, plain: bytes) -> FinishReply:
        nonce = bytes(range(12))
        sealed = grant_cipher(self.cpace).encrypt(nonce, plain, self.cpace.sid_output)
        return FinishReply(self.cpace.tag(), nonce, sealed)


def grant_cipher(cpace: other.CPace) -> AESGCM:
    return AESGCM(HKDF(SHA512(), 32, None, b"lockbridge-pair-1 token").derive(cpace.isk))


class TestAgainstTheDescription:
    def test_our_client_pairs_with_a_handmade_bridge(self) -> None:
        the_client, bridge = client(), HandmadeBridge()
        finish = the_client.on_start_reply(bridge.on_start(the_client.start()))
        assert bridge.cpace.verify(finish.tag)
        assert the_client.on_finish_reply(bridge.grant(json.dumps(GRANT).encode())) == GRANT

    def test_our_bridge_pairs_with_a_handmade_client(self) -> None:
        the_server = server()
        sid = bytes(range(16))
        handmade = other.CPace.start(
            role=other.CPaceRole.INITIATOR,
            prs=b"31415926",
            sid=sid,
            ci=b"lockbridge-pair-1" + CERTIFICATE,
            ad=b'{"name":"curl","scopes":["state"]}',
        )
        reply = the_server.on_start(StartRequest(sid, handmade.public_share, "curl", ("state",)))
        handmade.derive(reply.share, b'{"device_id":"0f3a7c55-front-door"}')
        the_server.verify(FinishRequest(sid, handmade.tag()))
        sealed = the_server.seal(GRANT)
        assert handmade.verify(sealed.tag)
        plain = grant_cipher(handmade).decrypt(sealed.nonce, sealed.sealed, handmade.sid_output)
        assert json.loads(plain) == GRANT
