<?php
/**
 * The pairing with Tributary.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Who we are paired with, and the tokens that prove it. The secret comes once,
 * from Tributary, by the site's own REST API and its keys; it never leaves.
 */
class Tributary_Link {

	const OPTION = 'tributary_link';

	/** Seconds for which a token is good. */
	const LIFETIME = 60;

	/**
	 * The pairing, or null.
	 *
	 * @return array{kid: string, secret: string, api: string}|null
	 */
	public static function get() {
		$link = get_option( self::OPTION );
		return is_array( $link ) && isset( $link['kid'], $link['secret'], $link['api'] ) ? $link : null;
	}

	/**
	 * Keeps a pairing. What is wrong with it is returned; '' when nothing is.
	 *
	 * @param mixed $kid    Names the secret.
	 * @param mixed $secret What both know.
	 * @param mixed $api    Where Tributary is.
	 * @return string
	 */
	public static function set( $kid, $secret, $api ) {
		if ( ! is_string( $kid ) || ! preg_match( '/^[A-Za-z0-9_-]{20,64}$/D', $kid ) ) {
			return 'kid';
		}
		if ( ! is_string( $secret ) || ! preg_match( '/^[A-Za-z0-9_-]{43}$/D', $secret ) ) {
			return 'secret';
		}
		if ( ! is_string( $api ) || ! self::is_origin( $api ) ) {
			return 'api';
		}
		update_option(
			self::OPTION,
			array(
				'kid'    => $kid,
				'secret' => $secret,
				'api'    => $api,
			),
			false
		);
		return '';
	}

	/**
	 * Whether this is scheme and host and nothing else. Plain HTTP is for a
	 * Tributary on the same machine.
	 *
	 * @param string $api An address.
	 */
	private static function is_origin( $api ) {
		return (bool) preg_match( '#^(https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)$#D', $api );
	}

	/** Forgets the pairing. */
	public static function clear() {
		delete_option( self::OPTION );
	}

	/**
	 * A token for one purpose, good for a minute and one use.
	 *
	 * @param string $purpose "admin" or "pages".
	 * @param int    $user    Who is at work; 0 for the site.
	 * @return string|null Null when there is no pairing.
	 */
	public static function token( $purpose, $user = 0 ) {
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
			'iss'     => untrailingslashit( home_url() ),
			'aud'     => $link['api'],
			'sub'     => $user > 0 ? (string) $user : 'site',
			'iat'     => $now,
			'exp'     => $now + self::LIFETIME,
			'jti'     => bin2hex( random_bytes( 16 ) ),
			'purpose' => $purpose,
		);
		$text   = self::encode( wp_json_encode( $head ) ) . '.' . self::encode( wp_json_encode( $claims ) );
		return $text . '.' . self::encode( hash_hmac( 'sha256', $text, $link['secret'], true ) );
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
