import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const river: MantineColorsTuple = ['#e6f6f4', '#d2e9e6', '#a6d3cd', '#76bcb3', '#4fa99e', '#369d90', '#259789', '#118476', '#007668', '#006659'];

// Quiet enough to sit in a store's admin: greys, one colour, small corners.
export const theme = createTheme({
  colors: { river },
  primaryColor: 'river',
  primaryShade: 8,
  autoContrast: true,
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' }, h3: { fontSize: '0.875rem' } } },
  defaultRadius: 'md',
  components: {
    Table: { defaultProps: { verticalSpacing: 'xs', horizontalSpacing: 'sm', fz: 'sm' } },
    Card: { defaultProps: { withBorder: true, padding: 'md', radius: 'lg' } },
  },
});

// What is quiet or red is still read on a phone in the sun: 4.5 to 1 at least.
const colours = (quiet: string, red: string) => ({ '--mantine-color-dimmed': quiet, '--mantine-color-placeholder': quiet, '--mantine-color-error': red, '--mantine-color-red-7': red });
export const readable: CSSVariablesResolver = () => ({ variables: {}, light: { ...colours('#5c636a', '#c92a2a'), '--mantine-color-river-light-hover': '#c2e0dc', '--mantine-color-yellow-light-color': '#7a4a00', '--mantine-color-green-light-color': '#1b5e20', '--mantine-color-green-8': '#237032' }, dark: { ...colours('#b8bcc2', '#ff8787'), '--mantine-color-green-8': '#69db7c' } });
