// SPDX-License-Identifier: Apache-2.0
// The library from C++: objects that release themselves, results as exceptions. Build with
//   c++ -std=c++17 cpp_service.cc $(pkg-config --cflags --libs ostiary)
#include <ostiary/ostiary.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

template <auto release>
struct Release {
	template <typename T>
	void operator()(T *object) const
	{
		release(object);
	}
};

using Key = std::unique_ptr<ostiary_jwk, Release<ostiary_jwk_free>>;
using Keys = std::unique_ptr<ostiary_jwks, Release<ostiary_jwks_free>>;
using Claims = std::unique_ptr<ostiary_claims, Release<ostiary_claims_free>>;
using Builder = std::unique_ptr<ostiary_builder, Release<ostiary_builder_free>>;
using Text = std::unique_ptr<char, Release<ostiary_free>>;

struct Refused : std::runtime_error {
	explicit Refused(ostiary_result why) : std::runtime_error(ostiary_result_text(why)), result(why) {}
	ostiary_result result;
};

void must(ostiary_result result)
{
	if (result != OSTIARY_OK)
		throw Refused(result);
}

Key new_key()
{
	ostiary_jwk_spec spec = {};
	spec.size = sizeof spec;
	spec.alg = "ES256";
	ostiary_jwk *key = nullptr;
	must(ostiary_jwk_generate(&spec, &key));
	return Key(key);
}

Keys set_of(const Key &key)
{
	const ostiary_jwk *list[] = {key.get()};
	ostiary_jwks *keys = nullptr;
	must(ostiary_jwks_of(list, 1, &keys));
	return Keys(keys);
}

std::string sign(const Key &key, const std::string &name, int64_t now)
{
	ostiary_builder *made = nullptr;
	must(ostiary_builder_new(&made));
	Builder b(made);
	ostiary_builder_text(b.get(), "iss", "https://id.example.com");
	ostiary_builder_text(b.get(), "aud", "https://api.example.com");
	ostiary_builder_text(b.get(), "sub", "alice");
	ostiary_builder_text(b.get(), "name", name.c_str());
	ostiary_builder_number(b.get(), "exp", now + 600);
	char *claims = nullptr, *token = nullptr;
	must(ostiary_builder_write(b.get(), &claims));
	Text kept(claims);
	must(ostiary_sign(key.get(), OSTIARY_ES256, "at+jwt", claims, &token));
	return Text(token).get();
}

Claims verify(const std::string &token, const Keys &keys, int64_t now)
{
	static const char *const audiences[] = {"https://api.example.com", nullptr}, *const types[] = {"at+jwt", nullptr};
	ostiary_policy policy = {};
	policy.size = sizeof policy;
	policy.algorithms.es256 = 1;
	policy.issuer = "https://id.example.com";
	policy.audiences = audiences;
	policy.types = types;
	ostiary_claims *claims = nullptr;
	must(ostiary_verify(token.data(), token.size(), keys.get(), &policy, now, &claims));
	return Claims(claims);
}

} // namespace

int main()
{
	constexpr int64_t now = 1800000000;
	Key key = new_key();
	Keys keys = set_of(key);
	std::string token = sign(key, "Alice \"Al\" Example", now);
	std::cout << ostiary_claims_text(verify(token, keys, now).get(), "name") << '\n';
	try {
		verify(token, keys, now + 601);
	} catch (const Refused &refused) {
		std::cout << ostiary_result_name(refused.result) << '\n';
	}
}
