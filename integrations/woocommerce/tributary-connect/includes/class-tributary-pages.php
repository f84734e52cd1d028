<?php
/**
 * Landing pages of the site.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Keeps pages on the site, each as a post of its own type, so that showing one
 * asks nobody else. Tributary tells us when one changes; an hourly task asks, for
 * when it could not.
 */
class Tributary_Pages {

	const TYPE  = 'tributary_page';
	const META  = '_tributary_page';
	const MOVED = 'tributary_moved';
	const CRON  = 'tributary_refresh_pages';

	/** How large a page may be, in bytes of JSON. */
	const LONGEST = 1048576;

	/** Hooks into WordPress. */
	public static function hook() {
		add_action( 'init', array( __CLASS__, 'register' ) );
		add_action( self::CRON, array( __CLASS__, 'refresh' ) );
		add_action( 'template_redirect', array( __CLASS__, 'redirect' ), 5 );
		add_action( 'wp_head', array( __CLASS__, 'describe' ), 1 );
		add_shortcode( 'tributary_page', array( __CLASS__, 'shortcode' ) );
	}

	/** Registers the type of post, the block, and what they load. */
	public static function register() {
		register_post_type(
			self::TYPE,
			array(
				'labels'              => array(
					'name'          => __( 'Influencer pages', 'tributary-connect' ),
					'singular_name' => __( 'Influencer page', 'tributary-connect' ),
				),
				'public'              => true,
				'show_ui'             => false,
				'show_in_rest'        => false,
				'exclude_from_search' => true,
				'has_archive'         => false,
				'supports'            => array( 'title' ),
				'rewrite'             => array(
					'slug'       => 'creators',
					'with_front' => false,
				),
				'capability_type'     => 'page',
				'map_meta_cap'        => true,
			)
		);
		wp_register_style( 'tributary-page', plugins_url( 'assets/page.css', TRIBUTARY_FILE ), array(), TRIBUTARY_VERSION );
		wp_register_script( 'tributary-countdown', plugins_url( 'assets/countdown.js', TRIBUTARY_FILE ), array(), TRIBUTARY_VERSION, true );
		wp_register_script( 'tributary-block', plugins_url( 'assets/block.js', TRIBUTARY_FILE ), array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components', 'wp-i18n', 'wp-server-side-render' ), TRIBUTARY_VERSION, true );
		wp_set_script_translations( 'tributary-block', 'tributary-connect', dirname( TRIBUTARY_FILE ) . '/languages' );
		register_block_type(
			'tributary/landing-page',
			array(
				'api_version'     => 3,
				'title'           => __( 'Influencer page', 'tributary-connect' ),
				'category'        => 'woocommerce',
				'icon'            => 'megaphone',
				'attributes'      => array(
					'page'    => array(
						'type'    => 'string',
						'default' => '',
					),
					'section' => array(
						'type'    => 'string',
						'default' => '',
					),
				),
				'editor_script'   => 'tributary-block',
				'style'           => 'tributary-page',
				'render_callback' => array( __CLASS__, 'block' ),
			)
		);
	}

	/** Makes the addresses of pages known, and the task. */
	public static function activate() {
		self::register();
		flush_rewrite_rules( false );
		if ( ! wp_next_scheduled( self::CRON ) ) {
			wp_schedule_event( time() + 60, 'hourly', self::CRON );
		}
	}

	/** Takes the task and the addresses back. What is kept stays. */
	public static function deactivate() {
		wp_clear_scheduled_hook( self::CRON );
		flush_rewrite_rules( false );
	}

	/**
	 * Whether this may be the slug of a page.
	 *
	 * @param mixed $slug Anything.
	 */
	public static function is_slug( $slug ) {
		return is_string( $slug ) && (bool) preg_match( '/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/D', $slug );
	}

	/**
	 * The post of a page in any state, or 0.
	 *
	 * @param string $slug Its slug.
	 */
	private static function find( $slug ) {
		$found = get_posts(
			array(
				'post_type'      => self::TYPE,
				'name'           => $slug,
				'post_status'    => array( 'publish', 'draft' ),
				'posts_per_page' => 1,
				'fields'         => 'ids',
				'no_found_rows'  => true,
			)
		);
		return $found ? (int) $found[0] : 0;
	}

	/**
	 * Shows a page, or hides it. It is safe to repeat.
	 *
	 * @param array $page "slug", "state" ("shown" or "hidden"), and for a shown one
	 *                    "data" and "shown"; "was" is the slug it had before.
	 * @return string|WP_Error Its address.
	 */
	public static function put( array $page ) {
		$slug  = isset( $page['slug'] ) ? $page['slug'] : null;
		$was   = isset( $page['was'] ) && '' !== $page['was'] ? $page['was'] : $slug;
		$state = isset( $page['state'] ) ? $page['state'] : null;
		if ( ! self::is_slug( $slug ) || ! self::is_slug( $was ) ) {
			return self::wrong( 'slug' );
		}
		if ( 'shown' !== $state && 'hidden' !== $state ) {
			return self::wrong( 'state' );
		}
		$post = array(
			'post_type'   => self::TYPE,
			'post_name'   => $slug,
			'post_status' => 'hidden' === $state ? 'draft' : 'publish',
		);
		$id   = self::find( $was );
		if ( 0 === $id && $was !== $slug ) {
			$id = self::find( $slug );
		}
		$keep = null;
		if ( 'shown' === $state ) {
			$data = isset( $page['data'] ) && is_array( $page['data'] ) ? $page['data'] : array();
			if ( ! isset( $data['title'], $data['sections'] ) || ! is_string( $data['title'] ) || ! is_array( $data['sections'] ) ) {
				return self::wrong( 'data' );
			}
			$keep = wp_json_encode(
				array(
					'data'  => $data,
					'shown' => isset( $page['shown'] ) && is_string( $page['shown'] ) ? $page['shown'] : '',
				)
			);
			if ( false === $keep || strlen( $keep ) > self::LONGEST ) {
				return self::wrong( 'data' );
			}
			$post['post_title']   = self::plain( $data['title'] );
			$post['post_content'] = '<!-- wp:tributary/landing-page ' . wp_json_encode( array( 'page' => $slug ) ) . ' /-->';
		} elseif ( 0 === $id ) {
			return ''; // It was never here.
		}
		if ( $id > 0 ) {
			$post['ID'] = $id;
			$saved      = wp_update_post( wp_slash( $post ), true );
		} else {
			$saved = wp_insert_post( wp_slash( $post ), true );
		}
		if ( is_wp_error( $saved ) ) {
			return $saved;
		}
		if ( null !== $keep ) {
			update_post_meta( (int) $saved, self::META, wp_slash( $keep ) );
		}
		self::move( $was, $slug );
		return 'shown' === $state ? (string) get_permalink( (int) $saved ) : '';
	}

	/**
	 * Remembers where a page went.
	 *
	 * @param string $was  Its slug before.
	 * @param string $slug Its slug.
	 */
	private static function move( $was, $slug ) {
		$moved = get_option( self::MOVED, array() );
		$moved = is_array( $moved ) ? $moved : array();
		$new   = $moved;
		unset( $new[ $slug ] );
		foreach ( $new as $from => $to ) {
			if ( $to === $was ) {
				$new[ $from ] = $slug;
			}
		}
		if ( $was !== $slug ) {
			$new[ $was ] = $slug;
		}
		if ( $new !== $moved ) {
			update_option( self::MOVED, array_slice( $new, -500, null, true ), false );
		}
	}

	/**
	 * What is wrong with a page.
	 *
	 * @param string $field Which field.
	 */
	private static function wrong( $field ) {
		/* translators: %s: name of a field */
		return new WP_Error( 'tributary_invalid_page', sprintf( __( 'The page cannot be kept: %s is wrong.', 'tributary-connect' ), $field ), array( 'status' => 400 ) );
	}

	/**
	 * A text that was escaped, as it was before.
	 *
	 * @param string $text The text.
	 */
	private static function plain( $text ) {
		return sanitize_text_field( html_entity_decode( $text, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
	}

	/** Sends who comes to an old address on to the new one. */
	public static function redirect() {
		if ( ! is_404() || self::TYPE !== get_query_var( 'post_type' ) ) {
			return;
		}
		$moved = get_option( self::MOVED, array() );
		$slug  = get_query_var( 'name' );
		if ( ! is_array( $moved ) || ! is_string( $slug ) || ! isset( $moved[ $slug ] ) ) {
			return;
		}
		$id = self::find( $moved[ $slug ] );
		if ( $id > 0 && 'publish' === get_post_status( $id ) ) {
			wp_safe_redirect( get_permalink( $id ), 301, 'Tributary' );
			exit;
		}
	}

	/** Tells search engines what a page is about. */
	public static function describe() {
		if ( ! is_singular( self::TYPE ) ) {
			return;
		}
		$page = self::read( get_queried_object_id() );
		if ( null !== $page && ! empty( $page['data']['description'] ) && is_string( $page['data']['description'] ) ) {
			echo '<meta name="description" content="' . esc_attr( self::plain( $page['data']['description'] ) ) . '">' . "\n";
		}
	}

	/**
	 * What is kept of a page; null for a post that is none.
	 *
	 * @param int $id Its post.
	 * @return array|null
	 */
	private static function read( $id ) {
		$page = json_decode( (string) get_post_meta( $id, self::META, true ), true );
		return is_array( $page ) ? $page : null;
	}

	/**
	 * Markup of a published page, or of its sections of one kind; '' when there is
	 * none.
	 *
	 * @param string $slug    Its slug.
	 * @param string $section Kind of section, '' for all.
	 */
	public static function markup( $slug, $section ) {
		if ( ! self::is_slug( $slug ) || ( '' !== $section && 'disclosure' !== $section && ! in_array( $section, Tributary_Markup::KINDS, true ) ) ) {
			return '';
		}
		$id = self::find( $slug );
		if ( 0 === $id || 'publish' !== get_post_status( $id ) ) {
			return '';
		}
		$page = self::read( $id );
		if ( null === $page ) {
			return '';
		}
		wp_enqueue_style( 'tributary-page' );
		$out = Tributary_Markup::page( $page, $slug, $section, false );
		if ( false !== strpos( $out, 'data-until=' ) ) {
			wp_enqueue_script( 'tributary-countdown' );
		}
		return $out;
	}

	/**
	 * [tributary_page page="anna-autumn" section="reviews"]
	 *
	 * @param array|string $given Attributes.
	 */
	public static function shortcode( $given ) {
		$given = shortcode_atts(
			array(
				'page'    => '',
				'section' => '',
			),
			is_array( $given ) ? $given : array(),
			'tributary_page'
		);
		return self::markup( (string) $given['page'], (string) $given['section'] );
	}

	/**
	 * The block.
	 *
	 * @param array $attributes Of the block.
	 */
	public static function block( $attributes ) {
		$slug = isset( $attributes['page'] ) && is_string( $attributes['page'] ) ? $attributes['page'] : '';
		return self::markup( $slug, isset( $attributes['section'] ) && is_string( $attributes['section'] ) ? $attributes['section'] : '' );
	}

	/**
	 * Asks Tributary for all pages, keeps them, and hides those it does not name.
	 * An answer that is none changes nothing.
	 *
	 * @return bool Whether it was answered.
	 */
	public static function refresh() {
		$link  = Tributary_Link::get();
		$token = Tributary_Link::token();
		if ( null === $link || null === $token ) {
			return false;
		}
		$answer = wp_remote_get(
			$link['api'] . '/plugin/pages',
			array(
				'timeout'             => 20,
				'redirection'         => 0,
				'limit_response_size' => 16777216,
				'headers'             => array(
					'Authorization' => 'Bearer ' . $token,
					'Accept'        => 'application/json',
				),
			)
		);
		if ( is_wp_error( $answer ) || 200 !== wp_remote_retrieve_response_code( $answer ) ) {
			return false;
		}
		$body = json_decode( wp_remote_retrieve_body( $answer ), true );
		if ( ! is_array( $body ) || ! isset( $body['pages'] ) || ! is_array( $body['pages'] ) ) {
			return false;
		}
		$named = array();
		foreach ( $body['pages'] as $page ) {
			if ( is_array( $page ) && isset( $page['slug'] ) && ! is_wp_error( self::put( $page ) ) ) {
				$named[ $page['slug'] ] = true;
			}
		}
		$kept = get_posts(
			array(
				'post_type'      => self::TYPE,
				'post_status'    => 'publish',
				'posts_per_page' => -1,
				'no_found_rows'  => true,
			)
		);
		foreach ( $kept as $post ) {
			if ( ! isset( $named[ $post->post_name ] ) ) {
				self::put(
					array(
						'slug'  => $post->post_name,
						'state' => 'hidden',
					)
				);
			}
		}
		return true;
	}
}
