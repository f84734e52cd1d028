<?php
/**
 * What Tributary tells the site.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Routes below wc-tributary/v1: WooCommerce takes its REST keys for namespaces
 * that begin like this, so the caller is the user the keys belong to.
 */
class Tributary_Rest {

	const SPACE = 'wc-tributary/v1';

	/** Hooks into WordPress. */
	public static function hook() {
		add_action( 'rest_api_init', array( __CLASS__, 'register' ) );
	}

	/** Registers the routes. */
	public static function register() {
		register_rest_route(
			self::SPACE,
			'/link',
			array(
				array(
					'methods'             => 'POST',
					'callback'            => array( __CLASS__, 'link' ),
					'permission_callback' => array( __CLASS__, 'may' ),
				),
				array(
					'methods'             => 'DELETE',
					'callback'            => array( __CLASS__, 'unlink' ),
					'permission_callback' => array( __CLASS__, 'may' ),
				),
			)
		);
		register_rest_route(
			self::SPACE,
			'/pages',
			array(
				'methods'             => 'POST',
				'callback'            => array( __CLASS__, 'page' ),
				'permission_callback' => array( __CLASS__, 'may' ),
			)
		);
	}

	/** Whether the caller manages the store. */
	public static function may() {
		if ( current_user_can( 'manage_woocommerce' ) ) {
			return true;
		}
		return new WP_Error( 'woocommerce_rest_cannot_edit', __( 'Sorry, you are not allowed to do that.', 'tributary-connect' ), array( 'status' => rest_authorization_required_code() ) );
	}

	/**
	 * Pairs the site with Tributary.
	 *
	 * @param WP_REST_Request $request kid, key, api, store.
	 */
	public static function link( $request ) {
		$wrong = Tributary_Link::set( self::body( $request ) );
		if ( '' !== $wrong ) {
			/* translators: %s: name of a field */
			return new WP_Error( 'rest_invalid_param', sprintf( __( 'Invalid parameter(s): %s', 'tributary-connect' ), $wrong ), array( 'status' => 400 ) );
		}
		return rest_ensure_response(
			array(
				'home_url' => untrailingslashit( home_url() ),
				'version'  => TRIBUTARY_VERSION,
			)
		);
	}

	/** Ends the pairing. */
	public static function unlink() {
		Tributary_Link::clear();
		return rest_ensure_response( array( 'linked' => false ) );
	}

	/**
	 * Shows a page or hides it.
	 *
	 * @param WP_REST_Request $request The page.
	 */
	public static function page( $request ) {
		$address = Tributary_Pages::put( self::body( $request ) );
		if ( is_wp_error( $address ) ) {
			return $address;
		}
		$link = Tributary_Link::get();
		return rest_ensure_response(
			array(
				'url' => $address,
				'kid' => null === $link ? '' : $link['kid'],
			)
		);
	}

	/**
	 * The JSON object that was sent.
	 *
	 * @param WP_REST_Request $request The request.
	 * @return array
	 */
	private static function body( $request ) {
		$body = $request->get_json_params();
		return is_array( $body ) ? $body : array();
	}
}
