// SPDX-License-Identifier: Apache-2.0
package test;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Signs people in, and takes access tokens. Nothing of the library's defaults is changed. */
@SpringBootApplication
@RestController
public class Application {
	public static void main(String[] arguments) {
		SpringApplication.run(Application.class, arguments);
	}

	@Bean
	@Order(1)
	SecurityFilterChain orders(HttpSecurity http) throws Exception {
		return http.securityMatcher("/orders").authorizeHttpRequests(all -> all.anyRequest().hasAuthority("SCOPE_stock:read"))
			.oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults())).build();
	}

	@GetMapping("/orders")
	Map<String, Object> orders(@AuthenticationPrincipal Jwt token) {
		return Map.of("sub", token.getSubject());
	}

	@Bean
	SecurityFilterChain pages(HttpSecurity http) throws Exception {
		return http.authorizeHttpRequests(all -> all.anyRequest().authenticated()).oauth2Login(Customizer.withDefaults()).build();
	}

	@GetMapping("/person")
	Map<String, Object> person(@AuthenticationPrincipal OidcUser user) {
		return Map.of("email", user.getEmail(), "sub", user.getSubject());
	}
}
