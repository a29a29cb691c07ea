import { type MonacoEditor, pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef } from 'react';
import { bring, type Carried } from './carry.ts';

/** Writes what is carried into the open tab: when a tab is opened, and when an answer brings something new. */
export function TabCarrier({ carried }: { readonly carried: Carried }) {
  const { queryEditor, variableEditor, headerEditor } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'headerEditor'),
  );
  const tabId = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id);
  const { updateActiveTabValues } = useGraphiQLActions();
  const brought = useRef(new Map<string, Carried>());

  useEffect(() => {
    if (tabId === undefined || !queryEditor || !variableEditor || !headerEditor) return;
    const tab = {
      query: queryEditor.getValue(),
      variables: variableEditor.getValue(),
      headers: headerEditor.getValue(),
    };
    const { variables, headers } = bring(tab, brought.current.get(tabId), carried);
    brought.current.set(tabId, carried);
    if (variables === tab.variables && headers === tab.headers) return;
    setText(variableEditor, variables);
    setText(headerEditor, headers);
    // GraphiQL itself saves a tab only 100 ms after an edit, and not at all if another tab is opened before.
    updateActiveTabValues({ variables, headers });
  }, [tabId, queryEditor, variableEditor, headerEditor, carried, updateActiveTabValues]);

  return null;
}

function setText(editor: MonacoEditor, text: string): void {
  if (editor.getValue() !== text) editor.setValue(text);
}
