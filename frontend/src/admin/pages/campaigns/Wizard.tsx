import { Alert, Button, Card, Group, SimpleGrid, Stack, Stepper, Text, TextInput, Title, UnstyledButton } from '@mantine/core';
import { useDisclosure, useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useSession } from '../../data';
import { firstValues, general, goals, modelOf, models, termsOf, type General, type GoalKey } from '../../models';
import { Ask, Header, Loading, Section, Trouble } from '../../ui';
import { Launch, Launched, type Made } from './Launch';
import { TermsForm, type Chosen } from './TermsForm';
import { Examples, Simulator, useExamples } from './Try';

// Draft is what the wizard has so far. Its key makes every step of the launch one
// that can be tried again without being done twice.
export type Draft = { key: string; name: string; goal: GoalKey | ''; chosen: Chosen[]; general: General };

const fresh = (): Draft => ({ key: crypto.randomUUID(), name: '', goal: '', chosen: [], general });

const steps = ['Goal', 'Payment', 'Terms', 'Try', 'Launch'];

// Wizard leads from a goal to a campaign with signed terms and live codes. The
// draft stays in this browser until it is launched or thrown away.
export function Wizard() {
  const [params, setParams] = useSearchParams();
  const session = useSession();
  const [draft, setDraft, forget] = useLocalStorage<Draft>({ key: 'campaign-draft', defaultValue: fresh(), getInitialValueInEffect: false });
  const [asking, ask] = useDisclosure();
  const [launched, setLaunched] = useState<{ made: Made; agreed: boolean }>();
  const currency = session.data?.shop.currency ?? '';
  const terms = termsOf(draft.chosen, draft.general, currency || 'USD');
  const reachable = draft.chosen.length > 0 ? 4 : draft.goal ? 1 : 0;
  const step = Math.min(Number(params.get('step')) || 0, reachable);
  const checked = useExamples(terms, step >= 2 && currency !== '');
  const go = (to: number) => setParams({ step: String(to) });
  const change = (c: Partial<Draft>) => setDraft((old) => ({ ...old, ...c }));
  if (session.isPending) return <Loading />;
  if (session.error) return <Trouble error={session.error} again={() => session.refetch()} />;
  if (launched)
    return (
      <>
        <Header title="New campaign" />
        <Launched of={launched.made} agreed={launched.agreed} />
      </>
    );
  const blocked = step === 0 ? draft.goal === '' || draft.name.trim() === '' : step === 1 ? draft.chosen.length === 0 : step === 2 ? !checked.data : false;
  return (
    <>
      <Header title="New campaign" note="From a goal to codes that earn, in five steps">
        <Button size="xs" variant="subtle" color="gray" onClick={ask.open}>
          Start over
        </Button>
      </Header>
      <Ask
        opened={asking}
        onClose={ask.close}
        title="Throw this draft away?"
        yes="Throw away"
        danger
        onYes={() => {
          forget();
          setDraft(fresh());
          setParams({});
          ask.close();
        }}
      >
        <Text size="sm">What was launched stays.</Text>
      </Ask>
      <Stepper active={step} onStepClick={go} size="xs" mb="lg" iconSize={24} allowNextStepsSelect={false} wrap={false} styles={{ stepLabel: { fontSize: 12 }, steps: { overflowX: 'auto' }, separator: { minWidth: 8, marginInline: 4 } }}>
        {steps.map((s) => (
          <Stepper.Step key={s} label={s} />
        ))}
      </Stepper>
      {step === 0 && <Goal draft={draft} onChange={change} />}
      {step === 1 && (
        <Payment
          draft={draft}
          onPick={(key) => {
            const m = modelOf(key);
            if (!m) return;
            change({ chosen: [{ model: key, values: firstValues(m) }], general: { ...draft.general, customers: draft.goal === 'customers' ? 'new_only' : 'all' } });
            go(2);
          }}
        />
      )}
      {step === 2 && (
        <Stack>
          <TermsForm chosen={draft.chosen} general={draft.general} currency={currency} onChosen={(chosen) => change({ chosen })} onGeneral={(g) => change({ general: g })} />
          <Section title="What that earns">
            <Examples terms={terms} />
          </Section>
        </Stack>
      )}
      {step === 3 && (
        <>
          <Section title="Worked example">
            <Examples terms={terms} />
          </Section>
          <Section title="Had it been so all along">
            <Simulator terms={terms} />
          </Section>
        </>
      )}
      {step === 4 && (
        <Launch
          draft={draft}
          terms={terms}
          session={session.data}
          onDone={(made, agreed) => {
            setLaunched({ made, agreed });
            forget();
            setDraft(fresh());
          }}
        />
      )}
      {step < 4 && (
        <Group justify="space-between" mt="lg">
          <Button variant="default" disabled={step === 0} onClick={() => go(step - 1)}>
            Back
          </Button>
          <Button disabled={blocked} onClick={() => go(step + 1)}>
            {step === 3 ? 'To the launch' : 'Next'}
          </Button>
        </Group>
      )}
      {step === 4 && (
        <Button mt="md" variant="default" onClick={() => go(3)}>
          Back
        </Button>
      )}
      {step === 2 && checked.error ? (
        <Alert mt="md" color="gray" variant="light">
          The terms have to be right before they can be tried.
        </Alert>
      ) : null}
    </>
  );
}

const pick = (on: boolean) => ({ borderColor: on ? 'var(--mantine-primary-color-filled)' : undefined, height: '100%' });

function Goal({ draft, onChange }: { draft: Draft; onChange: (c: Partial<Draft>) => void }) {
  return (
    <Stack>
      <TextInput label="Name of the campaign" value={draft.name} onChange={(e) => onChange({ name: e.currentTarget.value })} placeholder="Spring launch" maw={420} required data-autofocus maxLength={200} />
      <Title order={2}>What is it for?</Title>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} role="group" aria-label="Goal">
        {goals.map((g) => (
          <UnstyledButton key={g.key} onClick={() => onChange({ goal: g.key })} aria-pressed={draft.goal === g.key}>
            <Card style={pick(draft.goal === g.key)}>
              <Text fw={600}>{g.title}</Text>
              <Text size="sm" c="dimmed">
                {g.says}
              </Text>
            </Card>
          </UnstyledButton>
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function Payment({ draft, onPick }: { draft: Draft; onPick: (key: string) => void }) {
  const fits = (m: (typeof models)[number]) => draft.goal !== '' && m.goals.includes(draft.goal);
  const sorted = [...models].sort((a, b) => Number(fits(b)) - Number(fits(a)));
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} role="group" aria-label="Ways to pay">
      {sorted.map((m) => (
        <UnstyledButton key={m.key} onClick={() => onPick(m.key)} aria-pressed={draft.chosen[0]?.model === m.key}>
          <Card style={pick(draft.chosen[0]?.model === m.key)}>
            <Group justify="space-between" wrap="nowrap" align="flex-start">
              <Text fw={600}>{m.title}</Text>
              {fits(m) && (
                <Text size="xs" c="river" style={{ whiteSpace: 'nowrap' }}>
                  fits the goal
                </Text>
              )}
            </Group>
            <Text size="sm" c="dimmed">
              {m.says}
            </Text>
          </Card>
        </UnstyledButton>
      ))}
    </SimpleGrid>
  );
}
