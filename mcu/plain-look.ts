import type { ViewerLook } from './ports.ts';

/** What a leg that was told nothing shows. */
export const plainLook: ViewerLook = { screen: null, banner: null, layout: 'auto', own: 'auto' };
