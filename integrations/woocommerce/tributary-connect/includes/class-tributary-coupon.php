<?php
/**
 * Coupons from links.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Applies the coupon that an influencer's link names, ?coupon=ANNA15, to the
 * visitor's own cart: at once, or when the first thing is put in it.
 */
class Tributary_Coupon {

	const KEY = 'tributary_coupon';

	/** Hooks into WooCommerce. */
	public static function hook() {
		add_action( 'wp_loaded', array( __CLASS__, 'take' ), 30 );
		add_action( 'woocommerce_add_to_cart', array( __CLASS__, 'apply' ), 30 );
	}

	/** Takes the code out of the address. */
	public static function take() {
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- it is a link; it changes nothing but the visitor's own cart.
		if ( ! isset( $_GET['coupon'] ) || ! is_string( $_GET['coupon'] ) || is_admin() || ! self::ready() ) {
			return;
		}
		// phpcs:ignore WordPress.Security.NonceVerification.Recommended
		$code = wc_format_coupon_code( sanitize_text_field( wp_unslash( $_GET['coupon'] ) ) );
		if ( '' === $code || strlen( $code ) > 64 || ! wc_coupons_enabled() || ! wc_get_coupon_id_by_code( $code ) ) {
			return;
		}
		$session = WC()->session;
		if ( is_callable( array( $session, 'has_session' ) ) && ! $session->has_session() ) {
			$session->set_customer_session_cookie( true );
		}
		$session->set( self::KEY, $code );
		if ( ! WC()->cart->is_empty() ) {
			self::apply();
		}
	}

	/** Applies what was taken, once. */
	public static function apply() {
		if ( ! self::ready() ) {
			return;
		}
		$code = WC()->session->get( self::KEY );
		if ( ! is_string( $code ) || '' === $code ) {
			return;
		}
		WC()->session->set( self::KEY, null );
		if ( ! WC()->cart->has_discount( $code ) ) {
			WC()->cart->apply_coupon( $code );
		}
	}

	/** Whether there is a cart to speak of. */
	private static function ready() {
		return function_exists( 'WC' ) && WC() && isset( WC()->session, WC()->cart ) && WC()->session && WC()->cart;
	}
}
