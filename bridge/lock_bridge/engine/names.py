"""Names that the lock itself gives, in its language: of users and of credentials that nobody has named yet."""

from collections.abc import Mapping
from typing import Final

from lock_bridge.wire.words import CredentialType

_USER: Final[Mapping[str, str]] = {
    "en": "User",
    "nb": "Bruker",
    "sv": "Användare",
    "it": "Utente",
    "nl": "Gebruiker",
}

_CREDENTIALS: Final[Mapping[str, Mapping[CredentialType, str]]] = {
    "en": {
        CredentialType.PIN: "Passcode",
        CredentialType.FINGERPRINT: "Fingerprint",
        CredentialType.RFID: "Card",
        CredentialType.FACE: "Face",
        CredentialType.PALM_VEIN: "Palm vein",
        CredentialType.BLE: "Bluetooth key",
    },
    "nb": {
        CredentialType.PIN: "Kode",
        CredentialType.FINGERPRINT: "Fingeravtrykk",
        CredentialType.RFID: "Kort",
        CredentialType.FACE: "Ansikt",
        CredentialType.PALM_VEIN: "Håndvene",
        CredentialType.BLE: "Bluetooth-nøkkel",
    },
    "sv": {
        CredentialType.PIN: "Kod",
        CredentialType.FINGERPRINT: "Fingeravtryck",
        CredentialType.RFID: "Kort",
        CredentialType.FACE: "Ansikte",
        CredentialType.PALM_VEIN: "Handven",
        CredentialType.BLE: "Bluetooth-nyckel",
    },
    "it": {
        CredentialType.PIN: "Codice",
        CredentialType.FINGERPRINT: "Impronta",
        CredentialType.RFID: "Tessera",
        CredentialType.FACE: "Volto",
        CredentialType.PALM_VEIN: "Palmo",
        CredentialType.BLE: "Chiave Bluetooth",
    },
    "nl": {
        CredentialType.PIN: "Code",
        CredentialType.FINGERPRINT: "Vingerafdruk",
        CredentialType.RFID: "Kaart",
        CredentialType.FACE: "Gezicht",
        CredentialType.PALM_VEIN: "Handpalmader",
        CredentialType.BLE: "Bluetooth-sleutel",
    },
}


def of_user(language: str, number: int) -> str:
    """Of a user by her number (USR-2): "User 002"."""
    return f"{_USER[language]} {number:03}"


def of_credential(language: str, kind: CredentialType, number: int) -> str:
    """Of a credential by its kind and number (USR-8): "Fingerprint 3"."""
    return f"{_CREDENTIALS[language][kind]} {number}"
