<?php
/**
 * Runs the plugin for a test in another language: takes a pairing and pages as
 * JSON on stdin, and answers with tokens and markup.
 */
require __DIR__ . '/stubs.php';

$in = json_decode( stream_get_contents( STDIN ), true );
if ( '' !== Tributary_Link::set( $in ) ) {
	fwrite( STDERR, 'the pairing is refused' );
	exit( 1 );
}
foreach ( $in['pages'] as $page ) {
	if ( is_wp_error( Tributary_Pages::put( $page ) ) ) {
		fwrite( STDERR, 'a page is refused' );
		exit( 1 );
	}
}
echo json_encode(
	array(
		'admin'  => Tributary_Link::token( 7, 'Mia Ü' ),
		'pages'  => Tributary_Link::token(),
		'markup' => Tributary_Pages::shortcode( array( 'page' => $in['show'] ) ),
	)
);
