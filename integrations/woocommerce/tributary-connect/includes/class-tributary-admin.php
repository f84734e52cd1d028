<?php
/**
 * Tributary in the site's admin.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Shows the merchant app in a frame. It asks for a token by message and gets one
 * that lives for a minute; there are no cookies and no token in an address.
 */
class Tributary_Admin {

	const PAGE   = 'tributary';
	const ACTION = 'tributary_token';
	const RIGHT  = 'manage_woocommerce';

	/** Hooks into WordPress. */
	public static function hook() {
		add_action( 'admin_menu', array( __CLASS__, 'menu' ), 60 );
		add_action( 'wp_ajax_' . self::ACTION, array( __CLASS__, 'token' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( TRIBUTARY_FILE ), array( __CLASS__, 'links' ) );
	}

	/** Adds the page below WooCommerce. */
	public static function menu() {
		$hook = add_submenu_page( 'woocommerce', __( 'Tributary', 'tributary-connect' ), __( 'Tributary', 'tributary-connect' ), self::RIGHT, self::PAGE, array( __CLASS__, 'show' ) );
		if ( $hook ) {
			add_action( 'admin_print_styles-' . $hook, array( __CLASS__, 'enqueue' ) );
		}
	}

	/**
	 * Adds the way to the page to the list of plugins.
	 *
	 * @param string[] $links What is there.
	 */
	public static function links( $links ) {
		array_unshift( $links, '<a href="' . esc_url( admin_url( 'admin.php?page=' . self::PAGE ) ) . '">' . esc_html__( 'Open', 'tributary-connect' ) . '</a>' );
		return $links;
	}

	/** Loads what the page needs. */
	public static function enqueue() {
		$link = Tributary_Link::get();
		wp_enqueue_style( 'tributary-admin', plugins_url( 'assets/admin.css', TRIBUTARY_FILE ), array(), TRIBUTARY_VERSION );
		if ( null === $link ) {
			return;
		}
		wp_enqueue_script( 'tributary-admin', plugins_url( 'assets/admin.js', TRIBUTARY_FILE ), array(), TRIBUTARY_VERSION, true );
		wp_localize_script(
			'tributary-admin',
			'tributaryAdmin',
			array(
				'ajax'   => admin_url( 'admin-ajax.php' ),
				'action' => self::ACTION,
				'nonce'  => wp_create_nonce( self::ACTION ),
				'origin' => $link['api'],
			)
		);
	}

	/** The page. */
	public static function show() {
		if ( ! current_user_can( self::RIGHT ) ) {
			wp_die( esc_html__( 'Sorry, you are not allowed to do that.', 'tributary-connect' ), 403 );
		}
		$link = Tributary_Link::get();
		echo '<div class="wrap tributary-admin"><h1 class="screen-reader-text">' . esc_html__( 'Tributary', 'tributary-connect' ) . '</h1>';
		if ( null === $link ) {
			echo '<div class="notice notice-info inline"><p>' . esc_html__( 'This store is not connected yet. Sign in to Tributary, add your store there and approve the connection; this page then opens it.', 'tributary-connect' ) . '</p></div></div>';
			return;
		}
		printf(
			'<iframe id="tributary-app" title="%1$s" src="%2$s" referrerpolicy="no-referrer" allow="clipboard-write"></iframe>',
			esc_attr__( 'Tributary', 'tributary-connect' ),
			esc_url( $link['api'] . '/app?connection=' . rawurlencode( $link['kid'] ) )
		);
		echo '<noscript>' . esc_html__( 'Tributary needs JavaScript.', 'tributary-connect' ) . '</noscript></div>';
	}

	/** Answers the page's script with a token for who is logged in. */
	public static function token() {
		if ( ! check_ajax_referer( self::ACTION, 'nonce', false ) || ! current_user_can( self::RIGHT ) ) {
			wp_send_json_error( array( 'message' => __( 'Sorry, you are not allowed to do that.', 'tributary-connect' ) ), 403 );
		}
		$user  = wp_get_current_user();
		$token = Tributary_Link::token( $user->ID, $user->display_name );
		if ( null === $token ) {
			wp_send_json_error( array( 'message' => __( 'This store is not connected.', 'tributary-connect' ) ), 409 );
		}
		nocache_headers();
		wp_send_json_success( array( 'token' => $token ) );
	}
}
