/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client/client_decoys.h"

/* Made once; the private keys were discarded. */
#define DECOYS                                                                                                         \
	"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"hxvPyq_cs-Ee_NQsH2osC4_"                                   \
	"ELHGZWWltAW0Lu0hL4ZAQCVIKkEd4Dhm8ArV7X14URknJ"                                                                \
	"Kw_wzqXhG_kU3Wj0c1rDCVMI66Ya7Ve_0OGkkO51ZnevL5iLN0dxq3aqX6eJve2Gu8kUGyRGmmGy9jR8sT7dQ_CTApuMpwNSzH8_"         \
	"LwhCyuUyvE9hDd5s"                                                                                             \
	"Cnca86PXT5qxhnTTClBGVXcdNpo5jty8C6XQomx3uaQkWo0N0009K_T_E_"                                                   \
	"JbiZPpPILTAE6iNVlTL2N6ZpKZ6BRuewFoa6hcfg7YUxaGVMbxJV4rJit2"                                                   \
	"knX5HQJMh3zYEK2nAzZ2sfaHF2u6XGRoLQQQi3WFXw\"},"                                                               \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"ZRQk6Y1UUetT8rkJturwnc4EX2nm1qRfCkz9UJ6EoNE\","                     \
	"\"y\":\"0SiJELDNY91AfCTvbznlUGJpjbOoEDSHRUB3YSFw8Fw\"},"                                                      \
	"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"H-2Nj_K2o9i59RqpusUJGcl45NLyDsD3Q6v3kMlMydJrnCWutp4HQYRicnF_"       \
	"Mo5I\","                                                                                                      \
	"\"y\":\"Ui0JFkaYWysq4OAErrHVrs09KeL-LBGOAZZg2dS0AEiDhqbdwEexN2ELmJrXBFzo\"},"                                 \
	"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"ATyXgknRih7jFe2zm1IpMsQQyZKjkxFnaz3isM_4sFADIfXuFabgidfPOFND3KwNY-" \
	"-QJ1T6mSQE"                                                                                                   \
	"aVExOagDvrzR\",\"y\":\"AOxO-"                                                                                 \
	"Ees1O1CDasJZigXlJo7niB6E0Xtdmp7IEOqSxoeVeIHtrdg9b2aiSLymZ1IePI0AjPAoWXUiCQAiQRtUf5Y\"},"                      \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"Mh75pLHp-Oo57K0oWV7o5VpkGsiQ-JnSZ3gZrfhdi18\"}]}"

enum rc client_decoys_read(struct jwks **ret_keys)
{
	return jwks_read(SLICE(DECOYS), JWK_PUBLIC, ret_keys, NULL);
}
