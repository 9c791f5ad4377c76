import { needPeers } from '../peers';

// Imported before anything that takes them, so that what is missing is asked for by name.
needPeers('makegood/server', 'server');
