import '@graphiql/react/font/roboto.css';
import '@graphiql/react/font/fira-code.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import './playground.css';
import 'graphiql/setup-workers/vite';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Playground } from './playground.tsx';
import { createSubscriptions } from './subscriptions.ts';

const endpoint = new URL('/graphql', location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol.replace('http', 'ws');

const root = document.getElementById('playground');
if (root === null) throw new Error('The page has no element #playground.');
createRoot(root).render(
  <StrictMode>
    <Playground url={endpoint.pathname} subscriptions={createSubscriptions(socket.href)} />
  </StrictMode>,
);
