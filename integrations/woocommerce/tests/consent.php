<?php
/** The WP Consent API, when a site has it. */
function wp_has_consent( $category ) {
	return 'marketing' === $category && ! empty( WP::$data['consent'] );
}
