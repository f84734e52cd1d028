<?php
/**
 * Takes everything away that the plugin has kept, but for the orders' own notes.
 *
 * @package Tributary
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/** Forgets what one site has kept. */
function tributary_uninstall_site() {
	delete_option( 'tributary_link' );
	delete_option( 'tributary_moved' );
	wp_clear_scheduled_hook( 'tributary_refresh_pages' );
	$tributary_pages = get_posts(
		array(
			'post_type'      => 'tributary_page',
			'post_status'    => 'any',
			'posts_per_page' => -1,
			'fields'         => 'ids',
			'no_found_rows'  => true,
		)
	);
	foreach ( $tributary_pages as $tributary_page ) {
		wp_delete_post( $tributary_page, true );
	}
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $tributary_site ) {
		switch_to_blog( $tributary_site );
		tributary_uninstall_site();
		restore_current_blog();
	}
} else {
	tributary_uninstall_site();
}
