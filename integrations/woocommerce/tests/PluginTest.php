<?php
require_once __DIR__ . '/stubs.php';

use PHPUnit\Framework\TestCase;

final class PluginTest extends TestCase {

	const LINK = array(
		'kid'   => '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
		'key'   => 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
		'api'   => 'https://tributary.example',
		'store' => 'https://shop.example/de',
	);

	protected function setUp(): void {
		WP::reset();
	}

	private static function request( array $body ) {
		return new class( $body ) {
			private $body;
			public function __construct( $body ) {
				$this->body = $body;
			}
			public function get_json_params() {
				return $this->body;
			}
		};
	}

	private static function shown( $slug, array $sections = array(), $title = 'Anna&#39;s' ) {
		return array(
			'slug'  => $slug,
			'state' => 'shown',
			'shown' => 'a1',
			'data'  => array(
				'title'      => $title,
				'disclosure' => 'Anna is paid.',
				'lang'       => 'en',
				'palette'    => 'clay',
				'scheme'     => 'auto',
				'sections'   => $sections,
			),
		);
	}

	private static function parts( $token ) {
		list( $head, $claims, $signature ) = explode( '.', $token );
		$decode = static function ( $s ) {
			return base64_decode( strtr( $s, '-_', '+/' ) );
		};
		return array( json_decode( $decode( $head ), true ), json_decode( $decode( $claims ), true ), $decode( $signature ), "$head.$claims" );
	}

	public function test_a_token_is_signed_good_for_a_minute_and_never_the_same() {
		$this->assertNull( Tributary_Link::token( 7 ), 'before it is paired' );
		$this->assertSame( '', Tributary_Link::set( self::LINK ) );
		list( $head, $claims, $signature, $text ) = self::parts( Tributary_Link::token( 7, 'Mia' ) );
		$this->assertSame( array( 'alg' => 'HS256', 'typ' => 'JWT', 'kid' => self::LINK['kid'] ), $head );
		$this->assertTrue( hash_equals( hash_hmac( 'sha256', $text, implode( '', array_map( 'chr', range( 0, 31 ) ) ), true ), $signature ) );
		$this->assertSame( array( 'https://shop.example/de/wp-admin', 'https://shop.example/de', 'https://tributary.example', '7', 'Mia' ), array( $claims['iss'], $claims['dest'], $claims['aud'], $claims['sub'], $claims['name'] ) );
		$this->assertSame( 60, $claims['exp'] - $claims['iat'] );
		$this->assertEqualsWithDelta( time(), $claims['iat'], 2 );
		$this->assertNotSame( $claims['jti'], self::parts( Tributary_Link::token( 7 ) )[1]['jti'] );
		$this->assertSame( '0', self::parts( Tributary_Link::token() )[1]['sub'], 'the site itself' );
		$this->assertFalse( WP::$data['autoload']['tributary_link'], 'the key is not loaded with every page' );
	}

	public function test_only_a_whole_pairing_is_kept() {
		foreach ( array(
			array( 'kid', 'short' ), array( 'kid', self::LINK['kid'] . "\n" ), array( 'kid', array() ), array( 'kid', null ),
			array( 'key', 'short' ), array( 'key', null ), array( 'key', self::LINK['key'] . '=' ),
			array( 'api', 'http://tributary.example' ), array( 'api', 'https://a.example/path' ), array( 'api', 'https://u@a.example' ), array( 'api', 'javascript:alert(1)' ),
			array( 'store', 'ftp://shop.example' ), array( 'store', 'https://shop.example/' ), array( 'store', 'https://shop.example/"x' ),
		) as $case ) {
			$this->assertSame( $case[0], Tributary_Link::set( array( $case[0] => $case[1] ) + self::LINK ) );
		}
		$this->assertNull( Tributary_Link::get() );
		$this->assertSame( '', Tributary_Link::set( array( 'api' => 'http://127.0.0.1:8080', 'store' => 'http://127.0.0.1:4000' ) + self::LINK ) );
	}

	public function test_only_who_manages_the_store_tells_it_anything() {
		Tributary_Rest::register();
		$this->assertSame( array( 'wc-tributary/v1/link', 'wc-tributary/v1/pages' ), array_keys( WP::$routes ) );
		foreach ( WP::$routes as $route ) {
			foreach ( isset( $route['methods'] ) ? array( $route ) : $route as $r ) {
				$this->assertSame( array( 'Tributary_Rest', 'may' ), $r['permission_callback'] );
			}
		}
		WP::$can = false;
		$refused = Tributary_Rest::may();
		$this->assertSame( 401, $refused->data['status'] );
		WP::$can = true;
		$this->assertTrue( Tributary_Rest::may() );
		$answer = Tributary_Rest::link( self::request( self::LINK ) );
		$this->assertSame( array( 'home_url' => 'https://shop.example/de', 'version' => TRIBUTARY_VERSION ), $answer );
		$this->assertSame( 400, Tributary_Rest::link( self::request( array( 'kid' => 1 ) ) )->data['status'] );
		$this->assertSame( 400, Tributary_Rest::link( self::request( array() ) )->data['status'] );
		$kept = Tributary_Rest::page( self::request( self::shown( 'anna' ) ) );
		$this->assertSame( array( 'url' => 'https://shop.example/creators/anna/', 'kid' => self::LINK['kid'] ), $kept );
		$this->assertSame( 400, Tributary_Rest::page( self::request( array( 'slug' => 'x' ) ) )->data['status'] );
		Tributary_Rest::unlink();
		$this->assertNull( Tributary_Link::get() );
	}

	public function test_a_page_is_shown_changed_renamed_and_hidden_in_one_post() {
		Tributary_Pages::put( self::shown( 'anna', array( array( 'type' => 'hero', 'heading' => 'First' ) ) ) );
		$this->assertStringContainsString( '<h2>First</h2>', Tributary_Pages::shortcode( array( 'page' => 'anna' ) ) );
		$this->assertSame( "Anna's", WP::$posts[1]->post_title );
		$this->assertSame( '<!-- wp:tributary/landing-page {"page":"anna"} /-->', WP::$posts[1]->post_content );
		Tributary_Pages::put( self::shown( 'anna', array( array( 'type' => 'hero', 'heading' => 'Sec\\ond "quoted"' ) ) ) );
		$this->assertStringContainsString( '<h2>Sec\\ond &quot;quoted&quot;</h2>', Tributary_Pages::block( array( 'page' => 'anna' ) ), 'slashes survive' );
		Tributary_Pages::put( array( 'was' => 'anna' ) + self::shown( 'anna-winter' ) );
		$this->assertCount( 1, WP::$posts );
		$this->assertSame( '', Tributary_Pages::shortcode( array( 'page' => 'anna' ) ) );
		$this->assertSame( '', Tributary_Pages::put( array( 'slug' => 'anna-winter', 'state' => 'hidden' ) ) );
		$this->assertSame( '', Tributary_Pages::shortcode( array( 'page' => 'anna-winter' ) ) );
		$this->assertSame( 'draft', WP::$posts[1]->post_status );
		$this->assertSame( '', Tributary_Pages::put( array( 'slug' => 'nobody', 'state' => 'hidden' ) ) );
		$this->assertCount( 1, WP::$posts );
		Tributary_Pages::put( self::shown( 'anna-winter' ) );
		$this->assertSame( 'publish', WP::$posts[1]->post_status );
	}

	public function test_an_old_address_leads_to_the_new_one() {
		Tributary_Pages::put( self::shown( 'one' ) );
		Tributary_Pages::put( array( 'was' => 'one' ) + self::shown( 'two' ) );
		Tributary_Pages::put( array( 'was' => 'two' ) + self::shown( 'three' ) );
		WP::$is_404 = true;
		foreach ( array( 'one', 'two' ) as $old ) {
			WP::$query = array( 'post_type' => 'tributary_page', 'name' => $old );
			try {
				Tributary_Pages::redirect();
				$this->fail( 'no redirect' );
			} catch ( Redirected $r ) {
				$this->assertSame( '301 https://shop.example/creators/three/', $r->getMessage() );
			}
		}
		WP::$query = array( 'post_type' => 'tributary_page', 'name' => 'elsewhere' );
		Tributary_Pages::redirect();
		Tributary_Pages::put( array( 'was' => 'three' ) + self::shown( 'one' ) );
		$this->assertArrayNotHasKey( 'one', WP::$options['tributary_moved'], 'it does not lead to itself' );
	}

	public function test_what_is_no_page_is_not_kept() {
		foreach ( array(
			array(),
			array( 'slug' => '../x', 'state' => 'shown' ),
			array( 'slug' => "anna\n", 'state' => 'hidden' ),
			array( 'slug' => 'anna', 'state' => 'gone' ),
			array( 'slug' => 'anna', 'state' => 'shown' ),
			array( 'slug' => 'anna', 'state' => 'shown', 'data' => 'x' ),
			array( 'slug' => 'anna', 'was' => '-', 'state' => 'hidden' ),
			self::shown( 'anna', array( array( 'type' => 'hero', 'heading' => str_repeat( 'x', 1100000 ) ) ) ),
		) as $page ) {
			$this->assertInstanceOf( WP_Error::class, Tributary_Pages::put( $page ) );
		}
		$this->assertSame( array(), WP::$posts );
	}

	public function attacks() {
		$out = array();
		foreach ( array( '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='x", '[gallery]', '&lt;b&gt;', '</section></div>', '{{ x }}', "\xc3\x28", '<!-- wp:html -->' ) as $s ) {
			$out[ $s ] = array( $s );
		}
		return $out;
	}

	/** @dataProvider attacks */
	public function test_nothing_comes_to_life_in_a_page( $s ) {
		$all = array(
			array( 'type' => 'hero', 'heading' => $s, 'text' => array( $s ), 'image' => 'https://shop.example/i.png', 'alt' => $s, 'button' => $s, 'link' => 'https://t.example/p/x/y/go/0?v=a1' ),
			array( 'type' => 'words', 'heading' => $s, 'text' => array( $s ), 'by' => $s, 'video' => 'https://www.youtube-nocookie.com/embed/x', 'platform' => $s ),
			array( 'type' => 'products', 'heading' => $s, 'button' => $s, 'products' => array( array( 'title' => $s, 'price' => $s, 'was' => $s, 'link' => 'https://t.example/1', 'alt' => $s, 'image' => 'https://shop.example/i.png' ) ) ),
			array( 'type' => 'banner', 'heading' => $s, 'code' => $s, 'percent' => 15 ),
			array( 'type' => 'countdown', 'heading' => $s, 'ends' => '2099-01-01T00:00:00Z', 'ended' => $s ),
			array( 'type' => 'reviews', 'reviews' => array( array( 'author' => $s, 'stars' => 4, 'text' => array( $s ) ) ) ),
			array( 'type' => 'faq', 'questions' => array( array( 'question' => $s, 'answer' => array( $s ) ) ) ),
			array( 'type' => 'lead_form', 'heading' => $s, 'button' => $s, 'link' => 'https://t.example/f' ),
			array( 'type' => $s, 'heading' => 'no such kind' ),
		);
		$make = static function ( $text ) use ( $all, $s ) {
			$data = json_decode( str_replace( '"STAND-IN"', json_encode( $text, JSON_INVALID_UTF8_SUBSTITUTE ), json_encode( self::stand_in( $all, $s ) ) ), true );
			return Tributary_Markup::page( array( 'data' => array( 'title' => 't', 'disclosure' => $text, 'lang' => $text, 'palette' => $text, 'sections' => $data ) ), 'anna' );
		};
		$this->assertSame( self::shape( $make( 'plain' ) ), self::shape( $make( $s ) ) );
		$this->assertStringNotContainsString( '[', $make( $s ) );
		$this->assertStringNotContainsString( 'no such kind', $make( $s ) );
	}

	private static function stand_in( array $a, $s ) {
		array_walk_recursive(
			$a,
			static function ( &$v, $k ) use ( $s ) {
				if ( $v === $s && 'type' !== $k ) {
					$v = 'STAND-IN';
				}
			}
		);
		return json_decode( json_encode( $a, JSON_INVALID_UTF8_SUBSTITUTE ), true );
	}

	/** The elements and attributes of markup, by a parser. */
	private static function shape( $html ) {
		libxml_use_internal_errors( true );
		$d = new DOMDocument();
		$d->loadHTML( '<?xml encoding="utf-8"?><body>' . $html . '</body>' );
		libxml_clear_errors();
		$out  = '';
		$walk = static function ( $n ) use ( &$walk, &$out ) {
			foreach ( $n->childNodes as $c ) {
				if ( XML_ELEMENT_NODE === $c->nodeType ) {
					$out .= '<' . $c->nodeName;
					foreach ( $c->attributes as $a ) {
						$out .= ' ' . $a->name;
					}
					$out .= '>';
					$walk( $c );
					$out .= '</>';
				}
			}
		};
		$walk( $d );
		return $out;
	}

	public function test_text_is_escaped_once_and_addresses_are_the_webs() {
		$page = self::shown(
			'anna',
			array(
				array( 'type' => 'hero', 'heading' => 'A &amp; B &lt;c&gt; &#123;', 'button' => 'Go', 'link' => 'https://t.example/?a=1&amp;b=2' ),
				array( 'type' => 'banner', 'code' => 'X', 'button' => 'Go', 'link' => 'javascript:alert(1)' ),
				array( 'type' => 'words', 'text' => array( "one\ntwo" ), 'image' => 'data:text/html,x' ),
			)
		);
		Tributary_Pages::put( $page );
		$out = Tributary_Pages::shortcode( array( 'page' => 'anna' ) );
		$this->assertStringContainsString( '<h2>A &amp; B &lt;c&gt; &#123;</h2>', $out );
		$this->assertStringContainsString( 'href="https://t.example/?a=1&#038;b=2" rel="sponsored nofollow"', $out );
		$this->assertStringNotContainsString( 'javascript', $out );
		$this->assertStringNotContainsString( '<img', $out );
		$this->assertMatchesRegularExpression( '#<p>one<br />\s*two</p>#', $out );
		$this->assertStringContainsString( '<b>Ad</b> Anna is paid.', $out );
		$only = Tributary_Pages::shortcode( array( 'page' => 'anna', 'section' => 'banner' ) );
		$this->assertStringNotContainsString( 'Anna is paid.', $only );
		$this->assertStringNotContainsString( 'A &amp; B', $only );
		$this->assertSame( '', Tributary_Pages::shortcode( array( 'page' => 'anna', 'section' => 'script' ) ) );
		$this->assertSame( '', Tributary_Pages::shortcode( '' ) );
	}

	public function test_a_countdown_that_is_over_says_so() {
		$page = self::shown( 'anna', array( array( 'type' => 'countdown', 'ends' => '2020-01-01T00:00:00Z' ), array( 'type' => 'countdown', 'ends' => '2099-01-01T00:00:00Z', 'ended' => 'Gone' ), array( 'type' => 'countdown', 'ends' => 'never' ) ) );
		Tributary_Pages::put( $page );
		$out = Tributary_Pages::shortcode( array( 'page' => 'anna' ) );
		$this->assertStringContainsString( 'This offer has ended.', $out );
		$this->assertStringContainsString( 'data-until="2099-01-01T00:00:00Z" data-ended="Gone"', $out );
		$this->assertContains( 'tributary-countdown', WP::$loaded );
	}

	public function test_the_hourly_task_makes_the_site_like_tributary_and_an_error_changes_nothing() {
		$this->assertFalse( Tributary_Pages::refresh(), 'before it is paired' );
		Tributary_Link::set( self::LINK );
		Tributary_Pages::put( self::shown( 'gone' ) );
		foreach ( array( new WP_Error( 'http' ), array( 'response' => array( 'code' => 401 ), 'body' => '{}' ), array( 'response' => array( 'code' => 200 ), 'body' => '<html>' ) ) as $bad ) {
			WP::$answer = $bad;
			$this->assertFalse( Tributary_Pages::refresh() );
		}
		$this->assertSame( 'publish', WP::$posts[1]->post_status );
		WP::$answer = array( 'response' => array( 'code' => 200 ), 'body' => json_encode( array( 'pages' => array( self::shown( 'anna' ), 'x', array( 'slug' => 1 ) ) ) ) );
		$this->assertTrue( Tributary_Pages::refresh() );
		$this->assertSame( array( 'draft', 'publish' ), array( WP::$posts[1]->post_status, WP::$posts[2]->post_status ) );
		list( $url, $args ) = end( WP::$asked );
		$this->assertSame( self::LINK['api'] . '/plugin/pages', $url );
		$this->assertSame( 0, $args['redirection'] );
		$this->assertSame( '0', self::parts( substr( $args['headers']['Authorization'], 7 ) )[1]['sub'] );
		Tributary_Pages::activate();
		$this->assertSame( array( 'tributary_refresh_pages' => 'hourly' ), WP::$cron );
		Tributary_Pages::deactivate();
		$this->assertSame( array(), WP::$cron );
	}

	private static function order() {
		return new class() {
			public $meta  = array();
			public $saved = 0;
			public function update_meta_data( $k, $v ) {
				$this->meta[ $k ] = $v;
			}
			public function save_meta_data() {
				++$this->saved;
			}
		};
	}

	public function test_a_visit_comes_into_the_order_on_both_checkouts() {
		$click                       = str_repeat( 'A', 31 ) . '-';
		$_COOKIE['tributary_visit'] = "$click.anna";
		$classic = self::order();
		do_action( 'woocommerce_checkout_create_order', $classic );
		$this->assertSame( array( '_tributary_click_id' => $click, '_tributary_ref' => 'anna' ), $classic->meta );
		$this->assertSame( 0, $classic->saved, 'WooCommerce saves it' );
		$block = self::order();
		do_action( 'woocommerce_store_api_checkout_update_order_meta', $block );
		$this->assertSame( $classic->meta, $block->meta );
		$this->assertSame( 1, $block->saved );
		$_COOKIE['tributary_visit'] = "$click.";
		$bare = self::order();
		do_action( 'woocommerce_checkout_create_order', $bare );
		$this->assertSame( array( '_tributary_click_id' => $click ), $bare->meta );
		foreach ( array( 'x', "$click", "$click.a b", "$click.a;b", "$click\\'.anna", str_repeat( 'A', 33 ) . '.anna', array( 'x' ) ) as $forged ) {
			$_COOKIE['tributary_visit'] = $forged;
			$order = self::order();
			do_action( 'woocommerce_checkout_create_order', $order );
			$this->assertSame( array(), $order->meta, 'forged' );
		}
	}

	/** @runInSeparateProcess */
	public function test_without_consent_nothing_of_the_visit_is_kept() {
		require_once __DIR__ . '/consent.php';
		WP::reset();
		$_COOKIE['tributary_visit'] = str_repeat( 'A', 32 ) . '.anna';
		$order = self::order();
		do_action( 'woocommerce_checkout_create_order', $order );
		$this->assertSame( array(), $order->meta );
		WP::$data['consent'] = true;
		do_action( 'woocommerce_checkout_create_order', $order );
		$this->assertCount( 2, $order->meta );
		Tributary_Visits::enqueue();
		$this->assertSame( '1', WP::$data['tributaryVisits']['consent'] );
	}

	public function test_a_coupon_of_a_link_is_applied_at_once_or_with_the_first_thing() {
		$wc          = new stdClass();
		$wc->session = new class() {
			public $kept   = array();
			public $cookie = false;
			public function has_session() {
				return $this->cookie;
			}
			public function set_customer_session_cookie( $on ) {
				$this->cookie = $on;
			}
			public function set( $k, $v ) {
				$this->kept[ $k ] = $v;
			}
			public function get( $k ) {
				return $this->kept[ $k ] ?? null;
			}
		};
		$wc->cart    = new class() {
			public $items   = 0;
			public $applied = array();
			public function is_empty() {
				return 0 === $this->items;
			}
			public function has_discount( $c ) {
				return in_array( $c, $this->applied, true );
			}
			public function apply_coupon( $c ) {
				$this->applied[] = $c;
			}
		};
		WP::$data['wc'] = $wc;
		foreach ( array( 'nobody', '', str_repeat( 'x', 65 ), array( 'ANNA15' ) ) as $bad ) {
			$_GET['coupon'] = $bad;
			Tributary_Coupon::take();
			$this->assertSame( array(), $wc->session->kept );
		}
		$_GET['coupon'] = 'ANNA15';
		do_action( 'wp_loaded' );
		$this->assertSame( array(), $wc->cart->applied );
		$this->assertTrue( $wc->session->cookie );
		$wc->cart->items = 1;
		do_action( 'woocommerce_add_to_cart' );
		do_action( 'woocommerce_add_to_cart' );
		$this->assertSame( array( 'anna15' ), $wc->cart->applied );
		$wc->cart->applied = array();
		do_action( 'wp_loaded' );
		$this->assertSame( array( 'anna15' ), $wc->cart->applied, 'at once when something is in the cart' );
	}

	public function test_the_admin_page_frames_the_app_and_gives_tokens_to_who_may() {
		do_action( 'admin_menu' );
		$this->assertSame( array( 'woocommerce', 'manage_woocommerce', 'tributary' ), array( WP::$data['menu'][0], WP::$data['menu'][3], WP::$data['menu'][4] ) );
		ob_start();
		Tributary_Admin::show();
		$this->assertStringNotContainsString( 'iframe', ob_get_clean() );
		Tributary_Link::set( self::LINK );
		ob_start();
		Tributary_Admin::show();
		$out = ob_get_clean();
		$this->assertStringContainsString( 'src="https://tributary.example/app?connection=' . self::LINK['kid'] . '" referrerpolicy="no-referrer"', $out );
		$this->assertStringNotContainsString( self::LINK['key'], $out );
		Tributary_Admin::enqueue();
		$this->assertStringNotContainsString( self::LINK['key'], json_encode( WP::$data['tributaryAdmin'] ) );
		$ask = static function ( $nonce ) {
			$_POST = array( 'nonce' => $nonce );
			try {
				Tributary_Admin::token();
			} catch ( Answered $a ) {
				return $a->getMessage();
			}
		};
		$this->assertStringStartsWith( '403', $ask( 'wrong' ) );
		WP::$can = false;
		$this->assertStringStartsWith( '403', $ask( 'nonce-tributary_token' ) );
		WP::$can = true;
		$good    = $ask( 'nonce-tributary_token' );
		$this->assertStringStartsWith( '200', $good );
		$claims = self::parts( json_decode( substr( $good, 4 ), true )['token'] )[1];
		$this->assertSame( array( '7', 'Mia "M" Ü' ), array( $claims['sub'], $claims['name'] ) );
		Tributary_Link::clear();
		$this->assertStringStartsWith( '409', $ask( 'nonce-tributary_token' ) );
	}

	public function test_uninstalled_it_leaves_nothing() {
		Tributary_Link::set( self::LINK );
		Tributary_Pages::activate();
		Tributary_Pages::put( self::shown( 'anna' ) );
		Tributary_Pages::put( array( 'was' => 'anna' ) + self::shown( 'ben' ) );
		define( 'WP_UNINSTALL_PLUGIN', 'tributary-connect/tributary-connect.php' );
		require __DIR__ . '/../tributary-connect/uninstall.php';
		$this->assertSame( array( array(), array(), array(), array() ), array( WP::$options, WP::$posts, WP::$meta, WP::$cron ) );
	}
}
