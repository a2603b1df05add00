import 'graphiql/setup-workers/vite';
import { createRoot } from 'react-dom/client';
import { Ide } from './ide.js';
import './style.css';

const root = document.getElementById('root');
if (root) createRoot(root).render(<Ide />);
