<?php
/**
 * The pairing with Tributary.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Who we are paired with, and the tokens that prove it. The key comes once, from
 * Tributary, by the site's own REST API and its keys; it never leaves.
 */
class Tributary_Link {

	const OPTION = 'tributary_link';

	/** Seconds for which a token is good. */
	const LIFETIME = 60;

	/**
	 * The pairing, or null.
	 *
	 * @return array{kid: string, key: string, api: string, store: string}|null
	 */
	public static function get() {
		$link = get_option( self::OPTION );
		return is_array( $link ) && isset( $link['kid'], $link['key'], $link['api'], $link['store'] ) ? $link : null;
	}

	/**
	 * Keeps a pairing. What is wrong with it is returned; '' when nothing is.
	 *
	 * @param array $in "kid", which names the key; "key", which both know; "api",
	 *                  where Tributary is; "store", the address it knows us by.
	 * @return string
	 */
	public static function set( array $in ) {
		$checks = array(
			'kid'   => '/^[0-9a-f]{64}$/D',
			'key'   => '/^[A-Za-z0-9_-]{43}$/D',
			// Plain HTTP is for a Tributary on the same machine.
			'api'   => '#^(https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)$#D',
			'store' => '#^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$#D',
		);
		$link   = array();
		foreach ( $checks as $name => $pattern ) {
			if ( ! isset( $in[ $name ] ) || ! is_string( $in[ $name ] ) || ! preg_match( $pattern, $in[ $name ] ) ) {
				return $name;
			}
			$link[ $name ] = $in[ $name ];
		}
		update_option( self::OPTION, $link, false );
		return '';
	}

	/** Forgets the pairing. */
	public static function clear() {
		delete_option( self::OPTION );
	}

	/**
	 * A token for who is at work, good for a minute.
	 *
	 * @param int    $user Their number; 0 for the site itself.
	 * @param string $name What they are called.
	 * @return string|null Null when there is no pairing.
	 */
	public static function token( $user = 0, $name = '' ) {
		$link = self::get();
		if ( null === $link ) {
			return null;
		}
		$now    = time();
		$head   = array(
			'alg' => 'HS256',
			'typ' => 'JWT',
			'kid' => $link['kid'],
		);
		$claims = array(
			'iss'  => $link['store'] . '/wp-admin',
			'dest' => $link['store'],
			'aud'  => $link['api'],
			'sub'  => (string) (int) $user,
			'name' => (string) $name,
			'iat'  => $now,
			'nbf'  => $now,
			'exp'  => $now + self::LIFETIME,
			'jti'  => bin2hex( random_bytes( 16 ) ),
		);
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_decode -- it is how the key is written.
		$key  = base64_decode( strtr( $link['key'], '-_', '+/' ) );
		$text = self::encode( wp_json_encode( $head ) ) . '.' . self::encode( wp_json_encode( $claims ) );
		return $text . '.' . self::encode( hash_hmac( 'sha256', $text, $key, true ) );
	}

	/**
	 * Base64 as JWTs have it.
	 *
	 * @param string $bytes Anything.
	 */
	private static function encode( $bytes ) {
		// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- it is how a JWT is written.
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' );
	}
}
