import { Alert, Box, Center, Group, SegmentedControl, Text } from '@mantine/core';
import { useElementSize, useLocalStorage } from '@mantine/hooks';
import { type ReactNode } from 'react';

const widths = { desktop: 1280, phone: 390 };

// still is the address of a preview on this server, without script, at a place.
function still(url: string, section?: number): string {
  const u = new URL(url);
  u.searchParams.set('still', '1');
  return u.pathname + u.search + (section === undefined ? '' : `#s${section}`);
}

// Preview shows what the server makes of a document, in a frame that can run
// nothing and reach nothing.
export function Preview({ url, section, note }: { url: string | undefined; section?: number; note?: ReactNode }) {
  const [on, setOn] = useLocalStorage<keyof typeof widths>({ key: 'preview-on', defaultValue: 'desktop' });
  const { ref, width } = useElementSize();
  const wide = widths[on];
  const scale = width > 0 ? Math.min(1, width / wide) : 1;
  const high = 640;
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <SegmentedControl
          size="xs"
          value={on}
          onChange={(v) => setOn(v as keyof typeof widths)}
          aria-label="Preview on"
          data={[
            { value: 'desktop', label: 'Desktop' },
            { value: 'phone', label: 'Phone' },
          ]}
        />
        <Text size="xs" c="dimmed" role="status">
          {note}
        </Text>
      </Group>
      <Box ref={ref} h={high} bd="1px solid var(--mantine-color-default-border)" style={{ overflow: 'hidden', borderRadius: 'var(--mantine-radius-md)' }}>
        {url ? (
          <Center>
            <Box w={wide * scale} h={high} style={{ overflow: 'hidden' }}>
              <iframe key={still(url)} title="Preview of the page" src={still(url, section)} sandbox="" width={wide} height={high / scale} style={{ border: 0, transform: `scale(${scale})`, transformOrigin: '0 0' }} />
            </Box>
          </Center>
        ) : (
          <Center h="100%" p="md">
            <Alert color="gray" variant="light">
              The preview comes back when the fields that are marked red are corrected.
            </Alert>
          </Center>
        )}
      </Box>
    </div>
  );
}
