<?php
/**
 * Landing pages as markup.
 *
 * @package Tributary
 */

defined( 'ABSPATH' ) || exit;

/**
 * Makes markup of a page's data. Texts come escaped for HTML; they are escaped
 * again here without doubling, so that nothing depends on who sent them.
 */
class Tributary_Markup {

	/** The kinds of section there are. */
	const KINDS = array( 'hero', 'words', 'products', 'banner', 'countdown', 'reviews', 'faq', 'lead_form', 'giveaway' );

	/**
	 * A whole page, or the sections of one kind.
	 *
	 * @param array  $page  What Tributary keeps of the page: "data" and "shown".
	 * @param string $slug  The page's slug.
	 * @param string $only  Kind of section; '' for all, with the disclosure.
	 * @param bool   $title Whether the first heading is the document's.
	 * @return string
	 */
	public static function page( array $page, $slug, $only = '', $title = false ) {
		$data = isset( $page['data'] ) && is_array( $page['data'] ) ? $page['data'] : array();
		$out  = '';
		if ( '' === $only || 'disclosure' === $only ) {
			$out .= '<p class="tributary-ad"><b>' . esc_html__( 'Ad', 'tributary-connect' ) . '</b> ' . self::text( $data, 'disclosure' ) . '</p>';
		}
		foreach ( self::items( $data, 'sections' ) as $section ) {
			$kind = isset( $section['type'] ) ? $section['type'] : '';
			if ( ! in_array( $kind, self::KINDS, true ) || ( '' !== $only && $only !== $kind ) ) {
				continue;
			}
			$out  .= self::section( $kind, $section, $title );
			$title = false;
		}
		if ( '' === $out ) {
			return '';
		}
		return '<div class="tributary" lang="' . self::attribute( $data, 'lang' ) . '" data-palette="' . self::attribute( $data, 'palette' ) . '" data-scheme="' . self::attribute( $data, 'scheme' ) . '" data-tributary-page="' . esc_attr( $slug ) . '">' . $out . '</div>';
	}

	/**
	 * One section.
	 *
	 * @param string $kind    One of KINDS.
	 * @param array  $section Its data.
	 * @param bool   $title   Whether its heading is the document's.
	 */
	private static function section( $kind, array $section, $title ) {
		$out  = '<section class="tributary-section tributary-' . esc_attr( str_replace( '_', '-', $kind ) ) . '">';
		$tag  = $title ? 'h1' : 'h2';
		$head = self::text( $section, 'heading' );
		if ( '' === $head && 'reviews' === $kind ) {
			$head = esc_html__( 'What buyers say', 'tributary-connect' );
		}
		if ( '' === $head && 'faq' === $kind ) {
			$head = esc_html__( 'Questions and answers', 'tributary-connect' );
		}
		if ( '' !== $head ) {
			$out .= "<{$tag}>{$head}</{$tag}>";
		}
		$words = self::paragraphs( $section, 'text' );
		$out  .= 'words' === $kind && '' !== $words ? '<blockquote>' . $words . '</blockquote>' : $words;
		$out  .= self::image( $section, 'hero' === $kind ? 960 : 480 );
		switch ( $kind ) {
			case 'words':
				$out .= self::words( $section );
				break;
			case 'products':
				$out .= self::products( $section );
				break;
			case 'banner':
				$out .= self::banner( $section );
				break;
			case 'countdown':
				$out .= self::countdown( $section );
				break;
			case 'reviews':
				$out .= self::reviews( $section );
				break;
			case 'faq':
				foreach ( self::items( $section, 'questions' ) as $q ) {
					$out .= '<details><summary>' . self::text( $q, 'question' ) . '</summary>' . self::paragraphs( $q, 'answer' ) . '</details>';
				}
				break;
		}
		if ( 'products' !== $kind ) {
			$label = self::text( $section, 'button' );
			if ( '' === $label && 'lead_form' === $kind ) {
				$label = esc_html__( 'Go to the form', 'tributary-connect' );
			}
			if ( '' === $label && 'giveaway' === $kind ) {
				$label = esc_html__( 'Take part', 'tributary-connect' );
			}
			$link = self::address( $section, 'link' );
			if ( '' !== $label && '' !== $link ) {
				$out .= '<p><a class="tributary-button" href="' . $link . '" rel="sponsored nofollow">' . $label . '</a></p>';
			}
		}
		return $out . '</section>';
	}

	/**
	 * Whose words, and where the video is.
	 *
	 * @param array $section Its data.
	 */
	private static function words( array $section ) {
		$out   = '';
		$video = self::address( $section, 'video' );
		if ( '' !== $video ) {
			$out .= '<p><a class="tributary-video" href="' . $video . '" target="_blank" rel="noopener noreferrer">' . esc_html__( 'Watch the video', 'tributary-connect' ) . '</a> <small>' .
				/* translators: %s: platform of a video, such as YouTube */
				sprintf( esc_html__( 'Opens on %s, which may use your data.', 'tributary-connect' ), self::text( $section, 'platform' ) ) . '</small></p>';
		}
		$by = self::text( $section, 'by' );
		return '' === $by ? $out : $out . '<p class="tributary-by">' . $by . '</p>';
	}

	/**
	 * A grid of products.
	 *
	 * @param array $section Its data.
	 */
	private static function products( array $section ) {
		$out  = '<ul class="tributary-grid">';
		$more = self::text( $section, 'button' );
		foreach ( self::items( $section, 'products' ) as $product ) {
			$was   = self::text( $product, 'was' );
			$price = self::text( $product, 'price' );
			$out  .= '<li><a href="' . self::address( $product, 'link' ) . '" rel="sponsored nofollow">' . self::image( $product, 480 ) . '<h3>' . self::text( $product, 'title' ) . '</h3>';
			if ( '' !== $was || '' !== $price ) {
				$out .= '<p>' . ( '' === $was ? '' : '<s><span class="screen-reader-text">' . esc_html__( 'Was', 'tributary-connect' ) . ' </span>' . $was . '</s> ' ) . $price . '</p>';
			}
			$out .= ( '' === $more ? '' : '<span class="tributary-more">' . $more . '</span>' ) . '</a></li>';
		}
		return $out . '</ul><p class="tributary-note">' . esc_html__( 'The price in the store at the time of your order is the one that counts.', 'tributary-connect' ) . '</p>';
	}

	/**
	 * A discount.
	 *
	 * @param array $section Its data.
	 */
	private static function banner( array $section ) {
		$percent = isset( $section['percent'] ) ? (int) $section['percent'] : 0;
		/* translators: %d: percent */
		$off = $percent > 0 ? '<b>' . esc_html( sprintf( __( '%d%% off', 'tributary-connect' ), $percent ) ) . '</b> ' : '';
		return '<p class="tributary-ticket">' . $off . '<span>' . esc_html__( 'Your code', 'tributary-connect' ) . '</span> <code>' . self::text( $section, 'code' ) . '</code></p>';
	}

	/**
	 * A countdown; what ticks is the script.
	 *
	 * @param array $section Its data.
	 */
	private static function countdown( array $section ) {
		$ends = self::attribute( $section, 'ends' );
		$at   = strtotime( html_entity_decode( $ends, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
		if ( false === $at ) {
			return '';
		}
		$ended = self::text( $section, 'ended' );
		if ( '' === $ended ) {
			$ended = esc_html__( 'This offer has ended.', 'tributary-connect' );
		}
		if ( time() >= $at ) {
			return '<p>' . $ended . '</p>';
		}
		return '<p class="tributary-countdown" data-until="' . $ends . '" data-ended="' . $ended . '" data-units="' . esc_attr__( 'days|hours|min|sec', 'tributary-connect' ) . '"><time datetime="' . $ends . '">' .
			esc_html( wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $at ) ) . '</time></p>';
	}

	/**
	 * What buyers said.
	 *
	 * @param array $section Its data.
	 */
	private static function reviews( array $section ) {
		$out = '<ul class="tributary-grid">';
		foreach ( self::items( $section, 'reviews' ) as $review ) {
			$stars = isset( $review['stars'] ) ? min( 5, max( 0, (int) $review['stars'] ) ) : 0;
			$out  .= '<li>';
			if ( $stars > 0 ) {
				/* translators: %d: stars, of five */
				$out .= '<p role="img" aria-label="' . esc_attr( sprintf( __( '%d of 5 stars', 'tributary-connect' ), $stars ) ) . '">' . str_repeat( '★', $stars ) . str_repeat( '☆', 5 - $stars ) . '</p>';
			}
			$out .= '<blockquote>' . self::paragraphs( $review, 'text' ) . '</blockquote><p>' . self::text( $review, 'author' ) . '</p></li>';
		}
		return $out . '</ul>';
	}

	/**
	 * A picture.
	 *
	 * @param array $from Where "image" and "alt" are.
	 * @param int   $size Width and height.
	 */
	private static function image( array $from, $size ) {
		$src = self::address( $from, 'image' );
		return '' === $src ? '' : '<img src="' . $src . '" alt="' . self::attribute( $from, 'alt' ) . '" width="' . (int) $size . '" height="' . (int) $size . '" loading="lazy" decoding="async">';
	}

	/**
	 * A text that was escaped, for markup.
	 *
	 * @param array  $from Where it is.
	 * @param string $key  Under which name.
	 */
	private static function text( array $from, $key ) {
		return isset( $from[ $key ] ) && is_string( $from[ $key ] ) ? self::inert( $from[ $key ] ) : '';
	}

	/**
	 * Such a text for an attribute.
	 *
	 * @param array  $from Where it is.
	 * @param string $key  Under which name.
	 */
	private static function attribute( array $from, $key ) {
		return self::text( $from, $key );
	}

	/**
	 * Escapes what is not escaped yet, shortcodes too.
	 *
	 * @param string $text A text.
	 */
	private static function inert( $text ) {
		$text = htmlspecialchars( wp_check_invalid_utf8( $text, true ), ENT_QUOTES | ENT_HTML5, 'UTF-8', false );
		return strtr(
			$text,
			array(
				'[' => '&#91;',
				']' => '&#93;',
			)
		);
	}

	/**
	 * An address, for an attribute; '' for anything but http and https.
	 *
	 * @param array  $from Where it is.
	 * @param string $key  Under which name.
	 */
	private static function address( array $from, $key ) {
		if ( ! isset( $from[ $key ] ) || ! is_string( $from[ $key ] ) ) {
			return '';
		}
		return esc_url( html_entity_decode( $from[ $key ], ENT_QUOTES | ENT_HTML5, 'UTF-8' ), array( 'http', 'https' ) );
	}

	/**
	 * Paragraphs; lines within one end in a line feed.
	 *
	 * @param array  $from Where they are.
	 * @param string $key  Under which name.
	 */
	private static function paragraphs( array $from, $key ) {
		$out = '';
		foreach ( isset( $from[ $key ] ) && is_array( $from[ $key ] ) ? $from[ $key ] : array() as $p ) {
			if ( is_string( $p ) && '' !== $p ) {
				$out .= '<p>' . nl2br( self::inert( $p ) ) . '</p>';
			}
		}
		return $out;
	}

	/**
	 * A list of arrays.
	 *
	 * @param array  $from Where it is.
	 * @param string $key  Under which name.
	 * @return array[]
	 */
	private static function items( array $from, $key ) {
		return isset( $from[ $key ] ) && is_array( $from[ $key ] ) ? array_filter( $from[ $key ], 'is_array' ) : array();
	}
}
