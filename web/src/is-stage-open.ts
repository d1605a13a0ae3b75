import { signal } from '@preact/signals'

/** Whether the words of the song that is shown fill the screen. */
export const isStageOpen = signal(false)
