import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useReducer, useState } from 'react';
import { carry, nothingCarried } from './carry.ts';
import { examples } from './examples.ts';
import { createFetcher } from './fetcher.ts';
import { SessionBar } from './session-bar.tsx';
import type { Subscriptions } from './subscriptions.ts';
import { TabCarrier } from './tab-carrier.tsx';
import { randomUuid } from './uuid.ts';

const plugins = [HISTORY_PLUGIN, explorerPlugin()];

const defaultTabs = examples.map(({ document, variables }) => ({
  query: document,
  variables: JSON.stringify(variables, null, 2),
}));

/** GraphiQL fills the variables pane of the first tab only from this or from what it has stored. */
const initialVariables = sessionStorage.getItem('graphiql:tabState') === null ? defaultTabs[0]?.variables : undefined;

/** GraphiQL with the examples, and what their answers carry from tab to tab. */
export function Playground({ url, subscriptions }: { readonly url: string; readonly subscriptions: Subscriptions }) {
  const [carried, dispatch] = useReducer(carry, undefined, () => nothingCarried(randomUuid()));
  const [fetcher] = useState(() =>
    createFetcher({
      url,
      subscriptions,
      onAnswer: ({ data }) => dispatch({ kind: 'answered', data, freshKey: randomUuid() }),
    }),
  );

  // Variables and history hold passwords: they last as long as the browser's tab, tokens no longer than the page.
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      defaultTabs={defaultTabs}
      {...(initialVariables === undefined ? {} : { initialVariables })}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      storage={sessionStorage}
    >
      <GraphiQL.Logo>Paygraph</GraphiQL.Logo>
      <GraphiQL.Footer>
        <SessionBar session={carried.session} onLogOut={() => dispatch({ kind: 'logged-out' })} />
      </GraphiQL.Footer>
      <TabCarrier carried={carried} />
    </GraphiQL>
  );
}
