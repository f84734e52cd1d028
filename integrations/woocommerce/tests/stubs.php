<?php
/**
 * The part of WordPress and WooCommerce that the plugin calls, small enough to
 * read: it keeps posts, options and hooks in memory and escapes as they do.
 */

define( 'ABSPATH', __DIR__ );

class WP_Error {
	public $code;
	public $message;
	public $data;
	public function __construct( $code = '', $message = '', $data = '' ) {
		$this->code    = $code;
		$this->message = $message;
		$this->data    = $data;
	}
	public function get_error_code() {
		return $this->code;
	}
}

final class WP {
	public static $options = array();
	public static $posts   = array();
	public static $meta    = array();
	public static $hooks   = array();
	public static $routes  = array();
	public static $can     = true;
	public static $query   = array();
	public static $is_404  = false;
	public static $sent    = null;
	public static $answer  = null;
	public static $asked   = array();
	public static $loaded  = array();
	public static $data    = array();
	public static $cron    = array();
	public static $user    = 7;
	public static $next    = 1;

	public static function reset() {
		self::$options = self::$posts = self::$meta = self::$query = self::$asked = self::$loaded = self::$data = self::$cron = array();
		self::$can     = true;
		self::$is_404  = false;
		self::$sent    = self::$answer = null;
		self::$next    = 1;
		$_COOKIE       = $_GET = array();
	}
}

class Redirected extends Exception {}
class Answered extends Exception {}

function add_action( $name, $f, $priority = 10 ) {
	WP::$hooks[ $name ][] = $f;
}
function add_filter( $name, $f, $priority = 10 ) {
	WP::$hooks[ $name ][] = $f;
}
function do_action( $name, ...$args ) {
	foreach ( WP::$hooks[ $name ] ?? array() as $f ) {
		$f( ...$args );
	}
}
function add_shortcode( $name, $f ) {
	WP::$hooks[ "[$name]" ] = array( $f );
}
function register_activation_hook() {}
function register_deactivation_hook() {}
function plugin_basename( $f ) {
	return 'tributary-connect/tributary-connect.php';
}
function plugins_url( $p, $f ) {
	return 'https://shop.example/wp-content/plugins/tributary-connect/' . $p;
}
function load_plugin_textdomain() {}
function wp_set_script_translations() {}
function register_post_type( $t, $a ) {
	WP::$data['type'] = array( $t, $a );
}
function register_block_type( $n, $a ) {
	WP::$data['block'] = array( $n, $a );
}
function wp_register_style() {}
function wp_register_script() {}
function wp_enqueue_style( $n ) {
	WP::$loaded[] = $n;
}
function wp_enqueue_script( $n ) {
	WP::$loaded[] = $n;
}
function wp_localize_script( $n, $k, $v ) {
	WP::$data[ $k ] = $v;
}
function flush_rewrite_rules() {}
function wp_next_scheduled( $h ) {
	return WP::$cron[ $h ] ?? false;
}
function wp_schedule_event( $t, $r, $h ) {
	WP::$cron[ $h ] = $r;
}
function wp_clear_scheduled_hook( $h ) {
	unset( WP::$cron[ $h ] );
}
function __( $s, $d ) {
	return $s;
}
function esc_html( $s ) {
	return htmlspecialchars( $s, ENT_QUOTES, 'UTF-8', false );
}
function esc_attr( $s ) {
	return htmlspecialchars( $s, ENT_QUOTES, 'UTF-8', false );
}
function esc_html__( $s, $d ) {
	return esc_html( $s );
}
function esc_attr__( $s, $d ) {
	return esc_attr( $s );
}
function esc_url( $u, $protocols = array( 'http', 'https' ) ) {
	$u = preg_replace( '|[^a-z0-9-~+_.?#=!&;,/:%@$\|*\'()\[\]\\x80-\\xff]|i', '', ltrim( $u ) );
	if ( ! preg_match( '#^([a-z][a-z0-9+.-]*):#i', $u, $m ) || ! in_array( strtolower( $m[1] ), $protocols, true ) ) {
		return '';
	}
	return str_replace( array( '&amp;', "'" ), array( '&#038;', '&#039;' ), preg_replace( '/&(?!#?\w+;)/', '&#038;', $u ) );
}
function wp_check_invalid_utf8( $s, $strip = false ) {
	return mb_check_encoding( $s, 'UTF-8' ) ? $s : ( $strip ? mb_convert_encoding( $s, 'UTF-8', 'UTF-8' ) : '' );
}
function sanitize_text_field( $s ) {
	return trim( preg_replace( '/[\r\n\t ]+/', ' ', strip_tags( $s ) ) );
}
function wp_unslash( $v ) {
	return is_string( $v ) ? stripslashes( $v ) : $v;
}
function wp_slash( $v ) {
	return is_array( $v ) ? array_map( 'wp_slash', $v ) : ( is_string( $v ) ? addslashes( $v ) : $v );
}
function wp_json_encode( $v ) {
	return json_encode( $v );
}
function wp_date( $f, $t ) {
	return gmdate( 'Y-m-d H:i', $t );
}
function untrailingslashit( $s ) {
	return rtrim( $s, '/' );
}
function home_url() {
	return 'https://shop.example/de/';
}
function admin_url( $p = '' ) {
	return 'https://shop.example/wp-admin/' . $p;
}
function get_option( $k, $d = false ) {
	return WP::$options[ $k ] ?? $d;
}
function update_option( $k, $v, $autoload = null ) {
	WP::$options[ $k ]                    = $v;
	WP::$data['autoload'][ $k ] = $autoload;
}
function delete_option( $k ) {
	unset( WP::$options[ $k ] );
}
function is_wp_error( $v ) {
	return $v instanceof WP_Error;
}
function wp_insert_post( $p, $error = false ) {
	$p       = array_map( 'wp_unslash', $p );
	$p['ID'] = WP::$next++;
	WP::$posts[ $p['ID'] ] = (object) $p;
	return $p['ID'];
}
function wp_update_post( $p, $error = false ) {
	$p = array_map( 'wp_unslash', $p );
	foreach ( $p as $k => $v ) {
		WP::$posts[ $p['ID'] ]->$k = $v;
	}
	return $p['ID'];
}
function wp_delete_post( $id, $force ) {
	unset( WP::$posts[ $id ], WP::$meta[ $id ] );
}
function get_posts( $q ) {
	$out = array();
	foreach ( WP::$posts as $id => $p ) {
		if ( $p->post_type === $q['post_type'] && ( ! isset( $q['name'] ) || $p->post_name === $q['name'] ) && ( 'any' === $q['post_status'] || in_array( $p->post_status, (array) $q['post_status'], true ) ) ) {
			$out[] = 'ids' === ( $q['fields'] ?? '' ) ? $id : $p;
		}
	}
	return $out;
}
function get_post_status( $id ) {
	return WP::$posts[ $id ]->post_status ?? false;
}
function get_permalink( $id ) {
	return 'https://shop.example/creators/' . WP::$posts[ $id ]->post_name . '/';
}
function update_post_meta( $id, $k, $v ) {
	WP::$meta[ $id ][ $k ] = wp_unslash( $v );
}
function get_post_meta( $id, $k, $single ) {
	return WP::$meta[ $id ][ $k ] ?? '';
}
function is_404() {
	return WP::$is_404;
}
function is_admin() {
	return false;
}
function is_multisite() {
	return false;
}
function is_singular( $t ) {
	return isset( WP::$query['object'] );
}
function get_queried_object_id() {
	return WP::$query['object'];
}
function get_query_var( $k ) {
	return WP::$query[ $k ] ?? '';
}
function wp_safe_redirect( $to, $status, $by ) {
	throw new Redirected( "$status $to" );
}
function shortcode_atts( $d, $a, $n ) {
	return array_merge( $d, array_intersect_key( $a, $d ) );
}
function register_rest_route( $s, $r, $a ) {
	WP::$routes[ $s . $r ] = $a;
}
function current_user_can( $c ) {
	return WP::$can && 'manage_woocommerce' === $c;
}
function wp_get_current_user() {
	return (object) array( 'ID' => WP::$user, 'display_name' => 'Mia "M" Ü' );
}
function rest_authorization_required_code() {
	return 401;
}
function rest_ensure_response( $v ) {
	return $v;
}
function wp_remote_get( $u, $a ) {
	WP::$asked[] = array( $u, $a );
	return WP::$answer;
}
function wp_remote_retrieve_response_code( $a ) {
	return $a['response']['code'];
}
function wp_remote_retrieve_body( $a ) {
	return $a['body'];
}
function add_submenu_page( ...$a ) {
	WP::$data['menu'] = $a;
	return 'woocommerce_page_tributary';
}
function check_ajax_referer( $a, $k, $die ) {
	return ( $_POST[ $k ] ?? '' ) === "nonce-$a";
}
function wp_create_nonce( $a ) {
	return "nonce-$a";
}
function wp_send_json_error( $v, $status ) {
	throw new Answered( $status . ' ' . json_encode( $v ) );
}
function wp_send_json_success( $v ) {
	throw new Answered( '200 ' . json_encode( $v ) );
}
function nocache_headers() {}
function wc_format_coupon_code( $c ) {
	return strtolower( trim( $c ) );
}
function wc_coupons_enabled() {
	return true;
}
function wc_get_coupon_id_by_code( $c ) {
	return 'anna15' === $c ? 3 : 0;
}
function WC() {
	return WP::$data['wc'] ?? null;
}
if ( getenv( 'WITH_CONSENT_API' ) || ! empty( $GLOBALS['with_consent_api'] ) ) {
	require __DIR__ . '/consent.php';
}

require __DIR__ . '/../tributary-connect/tributary-connect.php';
