import { Button, Modal, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';

// Dialog asks or shows something over the page. It is named by its title, and has
// no header of its own: a page has one banner.
export function Dialog({ open, close, title, children }: { open: boolean; close: () => void; title: string; children: ReactNode }) {
  return (
    <Modal.Root opened={open} onClose={close} centered>
      <Modal.Overlay />
      <Modal.Content aria-label={title}>
        <Modal.Body pt="md">
          <Stack>
            <Title order={2}>{title}</Title>
            {children}
            <Button variant="default" onClick={close}>
              Close
            </Button>
          </Stack>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
