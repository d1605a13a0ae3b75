import { signal } from '@preact/signals'

/** Whether the page shows its help on the keys. */
export const isHelpOpen = signal(false)
