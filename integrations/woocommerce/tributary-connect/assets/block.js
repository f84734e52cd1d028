// The block in the editor: which page, and which part of it. What it looks like
// is rendered by the site.
(() => {
  const { createElement: el, Fragment } = window.wp.element;
  const { InspectorControls, useBlockProps } = window.wp.blockEditor;
  const { PanelBody, TextControl, SelectControl, Placeholder } = window.wp.components;
  const { __ } = window.wp.i18n;
  const ServerSideRender = window.wp.serverSideRender;

  const sections = () => [
    { value: '', label: __('The whole page', 'tributary-connect') },
    { value: 'hero', label: __('Hero', 'tributary-connect') },
    { value: 'words', label: __('Words and video', 'tributary-connect') },
    { value: 'products', label: __('Product grid', 'tributary-connect') },
    { value: 'banner', label: __('Discount banner', 'tributary-connect') },
    { value: 'countdown', label: __('Countdown', 'tributary-connect') },
    { value: 'reviews', label: __('Reviews', 'tributary-connect') },
    { value: 'faq', label: __('Questions', 'tributary-connect') },
    { value: 'lead_form', label: __('Lead form', 'tributary-connect') },
    { value: 'giveaway', label: __('Giveaway entry', 'tributary-connect') },
    { value: 'disclosure', label: __('Disclosure', 'tributary-connect') },
  ];

  window.wp.blocks.registerBlockType('tributary/landing-page', {
    edit({ attributes, setAttributes }) {
      const controls = el(
        InspectorControls,
        null,
        el(
          PanelBody,
          { title: __('Influencer page', 'tributary-connect') },
          el(TextControl, {
            label: __('Page', 'tributary-connect'),
            help: __("The end of the page's address, such as anna-autumn.", 'tributary-connect'),
            value: attributes.page,
            onChange: (page) => setAttributes({ page }),
          }),
          el(SelectControl, { label: __('Section', 'tributary-connect'), value: attributes.section, options: sections(), onChange: (section) => setAttributes({ section }) }),
        ),
      );
      const shown = attributes.page
        ? el(ServerSideRender, { block: 'tributary/landing-page', attributes })
        : el(Placeholder, { icon: 'megaphone', label: __('Influencer page', 'tributary-connect'), instructions: __("Name a page in the block's settings.", 'tributary-connect') });
      return el(Fragment, null, controls, el('div', useBlockProps(), shown));
    },
    save: () => null,
  });
})();
