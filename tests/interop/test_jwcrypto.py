#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's jwcrypto, unmodified, and libostiary: what either makes the other opens, for every pair of algorithms of both."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap  # noqa: E402
from tap import check, equal, note, test  # noqa: E402

from jwcrypto import jwe, jwk, jws  # noqa: E402
from jwcrypto.common import base64url_encode, json_encode  # noqa: E402

ROOT = os.environ.get("OSTIARY_ROOT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("OSTIARY_BUILD", os.path.join(ROOT, "build"))
PLAIN = "Any text: größer als ein Block, “quoted”, and with \n a line."
ENCS = {"A128CBC-HS256": 256, "A192CBC-HS384": 384, "A256CBC-HS512": 512, "A128GCM": 128, "A192GCM": 192, "A256GCM": 256}
WRAPPED = {"A128KW": 128, "A192KW": 192, "A256KW": 256, "A128GCMKW": 128, "A192GCMKW": 192, "A256GCMKW": 256}
CURVES = [("EC", "P-256"), ("EC", "P-384"), ("EC", "P-521"), ("OKP", "X25519"), ("OKP", "X448")]
PASSWORDS = ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"]
ALGS = ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "dir", *WRAPPED, *PASSWORDS]


class Driver:
	def __init__(self):
		self.process = None

	def ask(self, **request):
		"""The answer's object; an error raises."""
		if self.process is None:
			self.process = subprocess.Popen([os.path.join(BUILD, "tests/interop/jose_driver")], stdin=subprocess.PIPE,
				stdout=subprocess.PIPE, text=True)
		self.process.stdin.write(json.dumps(request) + "\n")
		self.process.stdin.flush()
		answer = json.loads(self.process.stdout.readline())
		if "error" in answer:
			raise AssertionError(f"{request['op']}: {answer['error']}")
		return answer


driver = Driver()


def rows(enc):
	"""[alg, key]; a password is an oct key of jwcrypto's, and its text stands beside it."""
	rsa = jwk.JWK.generate(kty="RSA", size=2048) if not hasattr(rows, "rsa") else rows.rsa
	rows.rsa = rsa
	found = [("RSA-OAEP", rsa, None), ("RSA-OAEP-256", rsa, None)]
	for kty, crv in CURVES:
		key = jwk.JWK.generate(kty=kty, crv=crv)
		found += [(alg, key, None) for alg in ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW")]
	found += [(alg, jwk.JWK.generate(kty="oct", size=size), None) for alg, size in [*WRAPPED.items(), ("dir", ENCS[enc])]]
	password = "pässword"
	return found + [(alg, jwk.JWK(kty="oct", k=base64url_encode(password)), password) for alg in PASSWORDS]


def ours(key, password):
	if password is not None:
		return {"password": password}
	return {"keys": {"keys": [json.loads(key.export(private_key=True))]}}


def each(fn):
	count = 0
	for enc in ENCS:
		for alg, key, password in rows(enc):
			fn(alg, enc, key, password)
			count += 1
	note(f"{count} pairs")


@test
def compact_theirs_is_opened():
	def one(alg, enc, key, password):
		made = jwe.JWE(PLAIN.encode(), json_encode({"alg": alg, "enc": enc}), algs=[alg, enc])
		made.add_recipient(key)
		answer = driver.ask(op="decrypt", text=made.serialize(compact=True), **ours(key, password))
		equal(answer["plain"], PLAIN, f"{alg} {enc}")
	each(one)


@test
def compact_ours_is_opened():
	def one(alg, enc, key, password):
		answer = driver.ask(op="encrypt", enc=enc, plain=PLAIN, recipients=[{"alg": alg, **ours(key, password)}])
		opened = jwe.JWE(algs=[alg, enc])
		opened.deserialize(answer["text"], key=key)
		equal(opened.payload.decode(), PLAIN, f"{alg} {enc}")
	each(one)


@test
def flattened_with_aad_and_zip_both_ways():
	def one(alg, enc, key, password):
		made = jwe.JWE(PLAIN.encode(), json_encode({"alg": alg, "enc": enc, "zip": "DEF"}), unprotected=json_encode({"note": "x"}),
			aad=b"beside it", algs=[alg, enc])
		made.add_recipient(key)
		answer = driver.ask(op="decrypt", text=made.serialize(), **ours(key, password))
		equal((answer["plain"], answer["aad"]), (PLAIN, "beside it"), f"theirs {alg} {enc}")
		answer = driver.ask(op="encrypt", enc=enc, plain=PLAIN, aad="beside it", zip=True, form="flattened",
			recipients=[{"alg": alg, **ours(key, password)}])
		opened = jwe.JWE(algs=[alg, enc])
		opened.deserialize(answer["text"], key=key)
		equal(opened.payload.decode(), PLAIN, f"ours {alg} {enc}")
	each(one)


@test
def general_for_several_both_ways():
	for enc in ENCS:
		several = [r for r in rows(enc) if r[0] in ("RSA-OAEP-256", "ECDH-ES+A192KW", "A128KW", "A256GCMKW")]
		made = jwe.JWE(PLAIN.encode(), json_encode({"enc": enc}))
		for alg, key, _ in several:
			made.add_recipient(key, header=json_encode({"alg": alg, "kid": key.thumbprint()}))
		text = made.serialize()
		answer = driver.ask(op="encrypt", enc=enc, plain=PLAIN, form="general",
			recipients=[{"alg": alg, **ours(key, None)} for alg, key, _ in several])
		for alg, key, _ in several:
			named = json.loads(key.export(private_key=True))
			named["kid"] = key.thumbprint()
			equal(driver.ask(op="decrypt", text=text, keys={"keys": [named]})["plain"], PLAIN, f"theirs {enc} {alg}")
			opened = jwe.JWE()
			opened.deserialize(answer["text"], key=key)
			equal(opened.payload.decode(), PLAIN, f"ours {enc} {alg}")


@test
def signatures_both_ways():
	keys = {alg: jwk.JWK.generate(kty="oct", size=size) for alg, size in (("HS256", 256), ("HS384", 384), ("HS512", 512))}
	rsa = jwk.JWK.generate(kty="RSA", size=2048)
	keys.update({alg: rsa for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")})
	keys.update({alg: jwk.JWK.generate(kty="EC", crv=crv)
		for alg, crv in (("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521"), ("ES256K", "secp256k1"))})
	cases = [*keys.items(), ("EdDSA", jwk.JWK.generate(kty="OKP", crv="Ed25519")), ("EdDSA", jwk.JWK.generate(kty="OKP", crv="Ed448"))]
	for alg, key in cases:
		private, payload = json.loads(key.export(private_key=True)), '{"iss":"a"}'
		public = private if private["kty"] == "oct" else json.loads(key.export_public())
		made = jws.JWS(payload)
		made.allowed_algs = [alg]
		made.add_signature(key, alg, json_encode({"alg": alg}))
		equal(driver.ask(op="verify", text=made.serialize(compact=True), key=public)["plain"], payload, f"theirs {alg} {private.get('crv')}")
		answer = driver.ask(op="sign", alg=alg, payload=payload, key=private)
		read = jws.JWS()
		read.allowed_algs = [alg]
		read.deserialize(answer["text"], key)
		equal(read.payload.decode(), payload, f"ours {alg} {private.get('crv')}")


@test
def signatures_as_json_both_ways():
	keys = [("HS256", jwk.JWK.generate(kty="oct", size=256)), ("RS256", jwk.JWK.generate(kty="RSA", size=2048)),
		("ES384", jwk.JWK.generate(kty="EC", crv="P-384")), ("EdDSA", jwk.JWK.generate(kty="OKP", crv="Ed25519"))]
	payload = '{"any":"text"}'

	def exported(key, private):
		return {**json.loads(key.export(private_key=True) if private or key["kty"] == "oct" else key.export_public()), "kid": key.thumbprint()}

	made = jws.JWS(payload)
	for alg, key in keys:
		made.add_signature(key, alg, json_encode({"alg": alg, "kid": key.thumbprint()}), json_encode({"note": "x"}))
	general = driver.ask(op="sign_json", form="general", payload=payload,
		signers=[{"alg": alg, "key": exported(key, True)} for alg, key in keys])["text"]
	for alg, key in keys:
		answer = driver.ask(op="verify_json", alg=alg, text=made.serialize(), key=exported(key, False))
		equal(answer["plain"], payload, f"theirs general {alg}")
		read = jws.JWS()
		read.deserialize(general, key)
		equal(read.payload.decode(), payload, f"ours general {alg}")
		flat = driver.ask(op="sign_json", form="flattened", payload=payload, signers=[{"alg": alg, "key": exported(key, True)}])["text"]
		read = jws.JWS()
		read.deserialize(flat, key)
		equal(read.payload.decode(), payload, f"ours flattened {alg}")


@test
def a_changed_message_is_refused_by_both():
	key = jwk.JWK.generate(kty="oct", size=256)
	text = driver.ask(op="encrypt", enc="A256GCM", plain=PLAIN, recipients=[{"alg": "dir", **ours(key, None)}])["text"]
	changed = text[:-4] + ("BBBA" if text.endswith("AAAA") else "AAAA")
	for what in (lambda: driver.ask(op="decrypt", text=changed, **ours(key, None)), lambda: jwe.JWE().deserialize(changed, key=key)):
		try:
			what()
		except (AssertionError, jwe.InvalidJWEData) as error:
			check(str(error) == "decrypt: decrypt" or isinstance(error, jwe.InvalidJWEData), str(error))
			continue
		check(False, "nothing was refused")


tap.main()
