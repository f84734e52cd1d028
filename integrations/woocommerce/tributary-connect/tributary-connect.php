<?php
/**
 * Plugin Name: Tributary Connect
 * Description: Shows influencers' landing pages in your store, carries visits into orders, and opens Tributary in your admin.
 * Version: 1.0.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * Requires Plugins: woocommerce
 * WC requires at least: 8.5
 * WC tested up to: 11.0
 * Author: Tributary
 * License: GPL-2.0-or-later
 * License URI: https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain: tributary-connect
 * Domain Path: /languages
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

define( 'TRIBUTARY_VERSION', '1.0.0' );
define( 'TRIBUTARY_FILE', __FILE__ );

foreach ( array( 'link', 'markup', 'pages', 'rest', 'visits', 'coupon', 'admin' ) as $tributary_part ) {
	require_once __DIR__ . '/includes/class-tributary-' . $tributary_part . '.php';
}
unset( $tributary_part );

// Orders are reached by WooCommerce's own methods only, and both checkouts are
// served: say so.
add_action(
	'before_woocommerce_init',
	static function () {
		if ( class_exists( '\Automattic\WooCommerce\Utilities\FeaturesUtil' ) ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', TRIBUTARY_FILE, true );
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', TRIBUTARY_FILE, true );
		}
	}
);

add_action(
	'init',
	static function () {
		load_plugin_textdomain( 'tributary-connect', false, dirname( plugin_basename( TRIBUTARY_FILE ) ) . '/languages' );
	}
);

// The WP Consent API asks every plugin that keeps to it to say so.
add_filter( 'wp_consent_api_registered_' . plugin_basename( TRIBUTARY_FILE ), '__return_true' );

Tributary_Pages::hook();
Tributary_Rest::hook();
Tributary_Visits::hook();
Tributary_Coupon::hook();
Tributary_Admin::hook();

register_activation_hook( TRIBUTARY_FILE, array( 'Tributary_Pages', 'activate' ) );
register_deactivation_hook( TRIBUTARY_FILE, array( 'Tributary_Pages', 'deactivate' ) );
