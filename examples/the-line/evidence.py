"""Checks an attestation bundle without Modelworks: signatures with `openssl`, the inclusion proof with arithmetic."""

import base64
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from modelworks import NotAsItShouldBe, check


def _openssl(arguments: list[str]) -> bool:
    try:
        return subprocess.run(["openssl", *arguments], capture_output=True, check=False, timeout=30).returncode == 0
    except FileNotFoundError:
        raise NotAsItShouldBe("There is no openssl on this machine; install it to verify attestations outside of Modelworks.") from None


def _signed_bytes(envelope: dict[str, Any]) -> bytes:
    """DSSE's pre-authentication encoding: what the signature really covers."""
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def signature_holds(envelope: dict[str, Any], public_key_pem: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        key, signature, signed = (Path(folder) / name for name in ("key.pem", "signature", "signed"))
        key.write_text(public_key_pem)
        signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        signed.write_bytes(_signed_bytes(envelope))
        return _openssl(["dgst", "-sha256", "-verify", str(key), "-signature", str(signature), str(signed)])


def _root(entry: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The tree's root as the entry and its proof make it (RFC 9162, 2.1.3.2)."""
    node, last, root = index, size - 1, hashlib.sha256(b"\0" + entry).digest()
    for other in proof:
        if node % 2 or node == last:
            root = hashlib.sha256(b"\1" + other + root).digest()
            while node % 2 == 0 and node:
                node, last = node // 2, last // 2
        else:
            root = hashlib.sha256(b"\1" + root + other).digest()
        node, last = node // 2, last // 2
    check(last == 0, "The inclusion proof is too short for the tree.")
    return root


def _checkpoint_holds(note: str, log_key_der: bytes) -> bool:
    """A checkpoint is a signed note: three lines, an empty one, and the log's Ed25519 signature after four bytes of key id."""
    text, _, signature = note.partition("\n\n")
    blob = base64.b64decode(signature.strip().split(" ")[-1])
    with tempfile.TemporaryDirectory() as folder:
        key, signed, raw = (Path(folder) / name for name in ("log.der", "note", "signature"))
        key.write_bytes(log_key_der)
        signed.write_bytes(f"{text}\n".encode())
        raw.write_bytes(blob[4:])
        return _openssl(
            ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(key), "-rawin", "-in", str(signed), "-sigfile", str(raw)]
        )


def verify(bundle: dict[str, Any], keys: dict[str, Any], digest: str) -> dict[str, Any]:
    """The statement in a Sigstore bundle, once signature, log entry, inclusion, checkpoint and subject have all been checked."""
    envelope, material = bundle["dsseEnvelope"], bundle["verificationMaterial"]
    signer = material["publicKey"]["hint"]
    trusted = [key for key in keys["keys"] if key["status"] in ("current", "retired")]
    pem = next((key["pem"] for key in trusted if key["fingerprint"] == signer), None)
    check(pem is not None, f"The signing key {signer} is not among the published keys that count.")
    check(signature_holds(envelope, pem), "openssl does not accept the signature of the attestation.")
    broken = {**envelope, "payload": base64.b64encode(base64.b64decode(envelope["payload"]).replace(b"sha256", b"sha257", 1)).decode()}
    check(not signature_holds(broken, pem), "openssl accepts a changed attestation, so the check proves nothing.")

    entry = material["tlogEntries"][0]
    body, proof = base64.b64decode(entry["canonicalizedBody"]), entry["inclusionProof"]
    logged = json.loads(body)["spec"]["hashedRekordV002"]["data"]["digest"]
    check(base64.b64decode(logged) == hashlib.sha256(_signed_bytes(envelope)).digest(), "The log entry is about another attestation.")
    note = proof["checkpoint"]["envelope"]
    origin, size, root = note.split("\n")[:3]
    made = _root(body, int(proof["logIndex"]), int(size), [base64.b64decode(each) for each in proof["hashes"]])
    check(made == base64.b64decode(root), "The log entry is not in the tree that the checkpoint names.")
    log_key = base64.b64decode(keys["trustedRoot"]["tlogs"][0]["publicKey"]["rawBytes"])
    check(origin == keys["origin"] and _checkpoint_holds(note, log_key), "The checkpoint is not signed by the log's key.")

    statement = json.loads(base64.b64decode(envelope["payload"]))
    subjects = [subject["digest"]["sha256"] for subject in statement["subject"]]
    check(digest.removeprefix("sha256:") in subjects, f"The attestation is not about {digest}.")
    return statement
