<?php
/**
 * Visits by influencers' links.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Carries the visit of an influencer's link into the order, on both checkouts. A
 * script keeps it in a cookie of the site, which page caches do not mind, and
 * only when the visitor allows marketing where a consent plugin asks.
 */
class Tributary_Visits {

	const COOKIE = 'tributary_visit';
	const CLICK  = '_tributary_click_id';
	const REF    = '_tributary_ref';

	/** Hooks into WordPress and WooCommerce. */
	public static function hook() {
		add_action( 'wp_enqueue_scripts', array( __CLASS__, 'enqueue' ) );
		add_action( 'woocommerce_checkout_create_order', array( __CLASS__, 'note' ) );
		add_action( 'woocommerce_store_api_checkout_update_order_meta', array( __CLASS__, 'note_and_keep' ) );
		add_filter( 'wp_consent_api_cookie_info', array( __CLASS__, 'about' ) );
	}

	/** Loads the script on every page: a visit begins on any. */
	public static function enqueue() {
		wp_enqueue_script( 'tributary-visits', plugins_url( 'assets/visits.js', TRIBUTARY_FILE ), array(), TRIBUTARY_VERSION, array( 'strategy' => 'defer' ) );
		wp_localize_script(
			'tributary-visits',
			'tributaryVisits',
			array(
				'cookie'  => self::COOKIE,
				'path'    => defined( 'COOKIEPATH' ) && COOKIEPATH ? COOKIEPATH : '/',
				'consent' => function_exists( 'wp_has_consent' ) ? '1' : '',
			)
		);
	}

	/**
	 * What the cookie says; null without one, or without consent.
	 *
	 * @return array{click: string, ref: string}|null
	 */
	public static function visit() {
		if ( ! isset( $_COOKIE[ self::COOKIE ] ) || ! is_string( $_COOKIE[ self::COOKIE ] ) ) {
			return null;
		}
		if ( function_exists( 'wp_has_consent' ) && ! wp_has_consent( 'marketing' ) ) {
			return null;
		}
		$said = sanitize_text_field( wp_unslash( $_COOKIE[ self::COOKIE ] ) );
		if ( ! preg_match( '/^([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{0,80})$/D', $said, $m ) ) {
			return null;
		}
		return array(
			'click' => $m[1],
			'ref'   => $m[2],
		);
	}

	/**
	 * Writes the visit to an order that is about to be saved.
	 *
	 * @param WC_Order $order The order.
	 * @return bool Whether there was one.
	 */
	public static function note( $order ) {
		$visit = self::visit();
		if ( null === $visit || ! is_object( $order ) ) {
			return false;
		}
		$order->update_meta_data( self::CLICK, $visit['click'] );
		if ( '' !== $visit['ref'] ) {
			$order->update_meta_data( self::REF, $visit['ref'] );
		}
		return true;
	}

	/**
	 * The same on the checkout block, which has saved the order already.
	 *
	 * @param WC_Order $order The order.
	 */
	public static function note_and_keep( $order ) {
		if ( self::note( $order ) ) {
			$order->save_meta_data();
		}
	}

	/**
	 * Tells consent plugins about the cookie.
	 *
	 * @param mixed $known What they know.
	 */
	public static function about( $known ) {
		$known                 = is_array( $known ) ? $known : array();
		$known[ self::COOKIE ] = array(
			'plugin'       => 'Tributary Connect',
			'service'      => 'Tributary',
			'category'     => 'marketing',
			'expires'      => '30 days',
			'function'     => __( 'Remembers that an influencer sent you, so that they are paid when you buy.', 'tributary-connect' ),
			'isPersonal'   => false,
			'memberCookie' => false,
		);
		return $known;
	}
}
