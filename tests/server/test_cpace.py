"""CPace against the draft's published vectors, RFC 9380's, and an implementation by someone else."""

import contextlib
import os

import cpace as other
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lock_bridge.wire import cpace
from lock_bridge.wire.cpace import CPaceError, Party, Role

# draft-irtf-cfrg-cpace-21, appendix B.1
PRS = b"Password"
CI = bytes.fromhex("0b415f696e69746961746f720b425f726573706f6e646572")
SID = bytes.fromhex("7e4b4791d6a8ef019b936c79fb7f2c57")
GENERATOR_STRING = bytes.fromhex(
    "0843506163653235350850617373776f72646d"
    + "00" * 109
    + "180b415f696e69746961746f720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f2c57"
)
GENERATOR = bytes.fromhex("d04bf6d41f6a289632a2e929fa29bebd51092512a7829fdde7d314b62f05a73f")
AD_A, AD_B = b"ADa", b"ADb"
SCALAR_A = bytes.fromhex("21b4f4bd9e64ed355c3eb676a28ebedaf6d8f17bdc365995b319097153044080")
SCALAR_B = bytes.fromhex("848b0779ff415f0af4ea14df9dd1d3c29ac41d836c7808896c4eba19c51ac40a")
SHARE_A = bytes.fromhex("1d13c89278cdadd826f6d8d7f887701430f8380ddc17611cdd6dc989ce0c9f32")
SHARE_B = bytes.fromhex("248cccf6d5cdc3646f0ad593f9e6cef4e69d4945f8372e623512ecea32185623")
K = bytes.fromhex("5b067effbdc0b2a0e1d907b21ebb25cfedb96a852179a847c37e43ee71322c6b")
TRANSCRIPT = bytes.fromhex(
    "201d13c89278cdadd826f6d8d7f887701430f8380ddc17611cdd6dc989ce0c9f3203414461"
    "20248cccf6d5cdc3646f0ad593f9e6cef4e69d4945f8372e623512ecea3218562303414462"
)
ISK = bytes.fromhex(
    "6e19b875f7a561d6b3ca3dbb9ef42ac55de3e717881018204b8922b4d5e53bb2"
    "aa82c300bea7b65d2b671da71922ddf6472301b79bc270adfa8bf413285f2263"
)
SID_OUTPUT = bytes.fromhex(
    "cbc73f62589bbc96ab6a95ec2363df621e93bc3b0cea83ba6b9571d005fa8f5d"
    "2d08f7165622777fa484c02a9e6b20a84ee2dbebae8c53be757dcfc0eebdeb5f"
)

# B.1.10: each point u with X25519(s, u), where zero means that the run must be aborted
LOW_ORDER_SCALAR = bytes.fromhex("af46e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449aff")
ZERO = "00" * 32
LOW_ORDER = {
    "u0": ("0000000000000000000000000000000000000000000000000000000000000000", ZERO),
    "u1": ("0100000000000000000000000000000000000000000000000000000000000000", ZERO),
    "u2": ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ZERO),
    "u3": ("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", ZERO),
    "u4": ("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", ZERO),
    "u5": ("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ZERO),
    "u6": (
        "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "d8e2c776bbacd510d09fd9278b7edcd25fc5ae9adfba3b6e040e8d3b71b21806",
    ),
    "u7": ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ZERO),
    "u8": (
        "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "c85c655ebe8be44ba9c0ffde69f2fe10194458d137f09bbff725ce58803cdb38",
    ),
    "u9": (
        "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "db64dafa9b8fdd136914e61461935fe92aa372cb056314e1231bc4ec12417456",
    ),
    "ua": (
        "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
        "e062dcd5376d58297be2618c7498f55baa07d7e03184e8aada20bca28888bf7a",
    ),
    "ub": (
        "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
        "993c6ad11c4c29da9a56f7691fd0ff8d732e49de6250b6c2e80003ff4629a175",
    ),
}

# RFC 9380, J.4.2: u[0] and Q.x
ELLIGATOR2 = [
    (
        0x608D892B641F0328523802A6603427C26E55E6F27E71A91A478148D45B5093CD,
        0x51125222DA5E763D97F3C10FCC92EA6860B9CCBBD2EB1285728F566721C1E65B,
    ),
    (
        0x46F5B22494BFEAA7F232CC8D054BE68561AF50230234D7D1D63D1D9ABECA8DA5,
        0x7D56D1E08CB0CCB92BAF069C18C49BB5A0DCD927EFF8DCF75CA921EF7F3E6EEB,
    ),
    (
        0x235FE40C443766CE7E18111C33862D66C3B33267EFA50D50F9E8E5D252A40AAA,
        0x3FBE66B9C9883D79E8407150E7C2A1C8680BEE496C62FABE4619A72B3CABE90F,
    ),
    (
        0x001E92A544463BDA9BD04DDBE3D6EED248F82DE32F522669EFC5DDCE95F46F5B,
        0x227E0BB89DE700385D19EC40E857DB6E6A3E634B1C32962F370D26F84FF19683,
    ),
    (
        0x1A68A1AF9F663592291AF987203393F707305C7BAC9C8D63D6A729BDC553DC19,
        0x3BCD651EE54D5F7B6013898AAB251EE8ECC0688166FCE6E9548D38472F6BD196,
    ),
]
P, A = 2**255 - 19, 486662

octets = st.binary(max_size=300)  # past 127, where a length takes two bytes


def party(role: Role) -> Party:
    """The draft's initiator or responder, with its scalar."""
    scalar = SCALAR_A if role is Role.INITIATOR else SCALAR_B
    return Party(role, prs=PRS, ci=CI, sid=SID, rng=lambda count: scalar[:count])


class TestTheDraftsVectors:
    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (b"", "00"),
            (b"1234", "0431323334"),
            (bytes(range(127)), "7f" + bytes(range(127)).hex()),
            (bytes(range(128)), "8001" + bytes(range(128)).hex()),
        ],
    )
    def test_a_length_is_put_in_front(self, data: bytes, expected: str) -> None:
        assert cpace.prepend_len(data).hex() == expected

    def test_a_very_long_length_takes_three_bytes(self) -> None:
        assert cpace.prepend_len(bytes(0x4001))[:4].hex() == "81800100"

    def test_parts_are_joined_with_their_lengths(self) -> None:
        assert cpace.lv_cat(b"1234", b"5", b"", b"678").hex() == "043132333401350003363738"

    def test_the_transcript_has_the_initiators_message_first(self) -> None:
        assert (
            cpace.transcript_ir(b"123", b"PartyA", b"234", b"PartyB").hex()
            == "03313233065061727479410332333406506172747942"
        )
        assert (
            cpace.transcript_ir(b"3456", b"PartyA", b"2345", b"PartyB").hex()
            == "043334353606506172747941043233343506506172747942"
        )
        assert cpace.transcript_ir(SHARE_A, AD_A, SHARE_B, AD_B) == TRANSCRIPT

    def test_the_generator_string_is_padded_past_the_first_block(self) -> None:
        assert cpace.generator_string(PRS, CI, SID) == GENERATOR_STRING

    def test_a_password_longer_than_a_block_is_not_padded(self) -> None:
        assert cpace.generator_string(b"x" * 200, b"", b"") == b"\x08CPace255\xc8\x01" + b"x" * 200 + b"\0\0\0"

    def test_the_generator(self) -> None:
        assert cpace.calculate_generator(PRS, CI, SID) == GENERATOR

    def test_the_shares(self) -> None:
        assert cpace.scalar_mult_vfy(SCALAR_A, GENERATOR) == SHARE_A
        assert cpace.scalar_mult_vfy(SCALAR_B, GENERATOR) == SHARE_B

    def test_the_shared_point_is_the_same_from_both_ends(self) -> None:
        assert cpace.scalar_mult_vfy(SCALAR_A, SHARE_B) == K
        assert cpace.scalar_mult_vfy(SCALAR_B, SHARE_A) == K

    def test_the_session_key_and_the_public_session_id(self) -> None:
        assert cpace.intermediate_session_key(SID, K, TRANSCRIPT) == ISK
        assert cpace.sid_output(TRANSCRIPT) == SID_OUTPUT

    def test_a_whole_run_as_initiator_and_as_responder(self) -> None:
        initiator, responder = party(Role.INITIATOR), party(Role.RESPONDER)
        assert (initiator.share, responder.share) == (SHARE_A, SHARE_B)
        a = initiator.derive(SHARE_B, ad=AD_A, peer_ad=AD_B)
        b = responder.derive(SHARE_A, ad=AD_B, peer_ad=AD_A)
        assert a.isk == b.isk == ISK
        assert a.transcript_hash == b.transcript_hash == SID_OUTPUT

    @pytest.mark.parametrize("name", LOW_ORDER)
    def test_a_weak_point_gives_the_published_product_or_an_abort(self, name: str) -> None:
        point, product = (bytes.fromhex(value) for value in LOW_ORDER[name])
        if any(product):
            assert cpace.scalar_mult_vfy(LOW_ORDER_SCALAR, point) == product
        else:
            with pytest.raises(CPaceError, match="low order"):
                cpace.scalar_mult_vfy(LOW_ORDER_SCALAR, point)

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("name", ["u0", "u1", "u2", "u3", "u4", "u5", "u7"])
    def test_a_run_is_aborted_when_the_other_ends_share_is_of_low_order(self, name: str, role: Role) -> None:
        with pytest.raises(CPaceError, match="low order"):
            party(role).derive(bytes.fromhex(LOW_ORDER[name][0]), ad=b"", peer_ad=b"")


class TestTheMapToTheCurve:
    @pytest.mark.parametrize(("u", "x"), ELLIGATOR2)
    def test_it_gives_the_points_of_rfc_9380(self, u: int, x: int) -> None:
        assert cpace.map_to_curve_elligator2(u) == x

    @given(st.integers(0, 2**255 - 1))
    @example(0)
    @example(1)
    @example(P - 1)
    @example(P)
    @example(2**255 - 1)
    def test_it_gives_what_the_definition_with_a_branch_gives(self, u: int) -> None:
        def on_curve(x: int) -> bool:
            return pow(x**3 + A * x**2 + x, (P - 1) // 2, P) in (0, 1)

        first = -A * pow(1 + 2 * u**2, -1, P) % P
        expected = first if on_curve(first) else (-first - A) % P
        assert cpace.map_to_curve_elligator2(u) == expected
        assert on_curve(expected)


class TestAgainstTheOtherImplementation:
    """PyPI's `cpace`, written by someone else from the same draft."""

    @given(prs=octets, ci=octets, sid=octets, ad_a=octets, ad_b=octets)
    def test_our_initiator_agrees_with_their_responder(
        self, prs: bytes, ci: bytes, sid: bytes, ad_a: bytes, ad_b: bytes
    ) -> None:
        ours = Party(Role.INITIATOR, prs=prs, ci=ci, sid=sid)
        theirs = other.CPace.start(role=other.CPaceRole.RESPONDER, prs=prs, sid=sid, ci=ci, ad=ad_b)
        session = ours.derive(theirs.public_share, ad=ad_a, peer_ad=ad_b)
        theirs.derive(ours.share, ad_a)
        self.agree(session, theirs)

    @given(prs=octets, ci=octets, sid=octets, ad_a=octets, ad_b=octets)
    def test_our_responder_agrees_with_their_initiator(
        self, prs: bytes, ci: bytes, sid: bytes, ad_a: bytes, ad_b: bytes
    ) -> None:
        theirs = other.CPace.start(role=other.CPaceRole.INITIATOR, prs=prs, sid=sid, ci=ci, ad=ad_a)
        ours = Party(Role.RESPONDER, prs=prs, ci=ci, sid=sid)
        session = ours.derive(theirs.public_share, ad=ad_b, peer_ad=ad_a)
        theirs.derive(ours.share, ad_b)
        self.agree(session, theirs)

    def agree(self, ours: cpace.Session, theirs: other.CPace) -> None:
        assert ours.isk == theirs.isk
        assert ours.transcript_hash == theirs.sid_output
        assert ours.confirms(theirs.tag())
        assert theirs.verify(ours.tag)

    @given(
        inputs=st.fixed_dictionaries({"prs": octets, "ci": octets, "sid": octets, "ad_a": octets, "ad_b": octets}),
        changed=st.sampled_from(["prs", "ci", "sid", "ad_a", "ad_b"]),
        value=octets,
    )
    def test_neither_confirms_the_other_when_any_input_differs(
        self, inputs: dict[str, bytes], changed: str, value: bytes
    ) -> None:
        seen = inputs | {changed: value if value != inputs[changed] else value + b"\0"}
        ours = Party(Role.INITIATOR, prs=inputs["prs"], ci=inputs["ci"], sid=inputs["sid"])
        theirs = other.CPace.start(
            role=other.CPaceRole.RESPONDER, prs=seen["prs"], sid=seen["sid"], ci=seen["ci"], ad=seen["ad_b"]
        )
        session = ours.derive(theirs.public_share, ad=inputs["ad_a"], peer_ad=inputs["ad_b"])
        theirs.derive(ours.share, seen["ad_a"])
        assert session.isk != theirs.isk
        assert not session.confirms(theirs.tag())
        assert not theirs.verify(session.tag)


class TestARun:
    def test_two_runs_with_the_same_inputs_share_nothing(self) -> None:
        first, second = (Party(Role.INITIATOR, prs=PRS, ci=CI, sid=SID) for _ in range(2))
        assert first.share != second.share

    def test_each_end_proves_the_key_with_a_tag_of_its_own(self) -> None:
        a = party(Role.INITIATOR).derive(SHARE_B, ad=AD_A, peer_ad=AD_B)
        b = party(Role.RESPONDER).derive(SHARE_A, ad=AD_B, peer_ad=AD_A)
        assert a.confirms(b.tag)
        assert b.confirms(a.tag)
        assert not a.confirms(a.tag)
        assert not a.confirms(b.tag[:-1])
        assert not a.confirms(b"")

    def test_two_initiators_do_not_agree(self) -> None:
        first = party(Role.INITIATOR)
        second = Party(Role.INITIATOR, prs=PRS, ci=CI, sid=SID, rng=lambda count: SCALAR_B[:count])
        a = first.derive(second.share, ad=AD_A, peer_ad=AD_B)
        b = second.derive(first.share, ad=AD_B, peer_ad=AD_A)
        assert a.isk != b.isk
        assert not a.confirms(b.tag)

    @pytest.mark.parametrize("role", Role)
    def test_a_share_sent_back_is_refused(self, role: Role) -> None:
        run = party(role)
        with pytest.raises(CPaceError, match="sent back"):
            run.derive(run.share, ad=b"", peer_ad=b"anything")

    def test_a_share_sent_back_in_its_other_spelling_proves_nothing(self) -> None:
        run = party(Role.INITIATOR)
        same_point = run.share[:-1] + bytes([run.share[-1] ^ 0x80])
        session = run.derive(same_point, ad=AD_A, peer_ad=AD_A)
        assert not session.confirms(session.tag)

    @pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
    def test_a_share_of_another_length_is_refused(self, length: int) -> None:
        with pytest.raises(CPaceError, match="32 bytes"):
            party(Role.INITIATOR).derive(bytes([9]) * length, ad=AD_A, peer_ad=AD_B)

    @pytest.mark.parametrize("share", [SHARE_B, bytes(32), b""])
    def test_a_scalar_is_never_used_for_two_shares(self, share: bytes) -> None:
        run = party(Role.INITIATOR)
        with contextlib.suppress(CPaceError):
            run.derive(share, ad=AD_A, peer_ad=AD_B)
        with pytest.raises(CPaceError, match="spent"):
            run.derive(SHARE_B, ad=AD_A, peer_ad=AD_B)

    def test_a_random_source_that_runs_dry_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="random"):
            cpace.sample_scalar(lambda count: os.urandom(count - 1))

    def test_nothing_secret_is_printed(self) -> None:
        run = party(Role.INITIATOR)
        session = run.derive(SHARE_B, ad=AD_A, peer_ad=AD_B)
        text = repr(run) + repr(session) + str(run) + str(session)
        for secret in (PRS, SCALAR_A, ISK, K, session.tag, session.peer_tag):
            assert repr(secret)[2:-1] not in text
            assert secret.hex() not in text
