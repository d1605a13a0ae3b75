/** A command to the page by a key, a pedal or a foot switch. Lanes are counted from 0. */
export type KeyCommand = PageCommand | SongCommand
export type PageCommand = { kind: 'undo' | 'redo' | 'help' | 'stage' }
/** A command for the open song, or for the newest. */
export type SongCommand = { kind: SongCommandKind } | { kind: 'lane'; lane: number }

type SongCommandKind =
  | 'toggle'
  | 'back'
  | 'forward'
  | 'nudgeBack'
  | 'nudgeForward'
  | 'songStart'
  | 'songEnd'
  | 'backToStart'
  | 'loopStart'
  | 'loopEnd'
  | 'playLoop'
  | 'zoomIn'
  | 'zoomOut'
  | 'wholeSong'
  | 'marker'

/** When a shortcut acts. `focus-precedence.ts` applies it. */
export type When =
  | 'not in text fields'
  | 'not in text fields, nor on a slider'
  | 'not in text fields, nor on a button that was reached by keyboard'

/**
 * @property keys what the help shows
 * @property typed the values of KeyboardEvent.key that mean it; letters in lower case
 * @property withAlt such values that many keyboards type with AltGr or Option
 * @property places the values of KeyboardEvent.code that mean it on keyboards of other scripts than Latin
 * @property isWithCtrl with Ctrl, or Cmd on a Mac; never without
 * @property isRepeated while the key is held down
 */
export type Shortcut = {
  keys: readonly string[]
  command: KeyCommand['kind']
  label: string
  when: When
  typed: readonly string[]
  withAlt?: readonly string[]
  places?: readonly string[]
  isWithCtrl?: boolean
  isRepeated?: boolean
}

export const SEEK_STEP_SECONDS = 5

const ANYWHERE = 'not in text fields'
const NOT_ON_SLIDER = 'not in text fields, nor on a slider'
const NOT_ON_BUTTON = 'not in text fields, nor on a button that was reached by keyboard'

/** Every shortcut, in the order of the help. Page-turner pedals send Page Down and Page Up. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['Space'], command: 'toggle', label: 'Play or pause', when: NOT_ON_BUTTON, typed: [' '] },
  { keys: ['Page Down'], command: 'toggle', label: 'Play or pause (right pedal)', when: ANYWHERE, typed: ['PageDown'] },
  {
    keys: ['Page Up'],
    command: 'backToStart',
    label: 'Back to the start of the loop, or of the song (left pedal)',
    when: ANYWHERE,
    typed: ['PageUp'],
  },
  {
    keys: ['←'],
    command: 'back',
    label: `Back ${SEEK_STEP_SECONDS} s`,
    when: ANYWHERE,
    typed: ['ArrowLeft'],
    isRepeated: true,
  },
  {
    keys: ['→'],
    command: 'forward',
    label: `Forward ${SEEK_STEP_SECONDS} s`,
    when: ANYWHERE,
    typed: ['ArrowRight'],
    isRepeated: true,
  },
  {
    keys: [','],
    command: 'nudgeBack',
    label: 'Back 0.1 s',
    when: ANYWHERE,
    typed: [','],
    places: ['Comma'],
    isRepeated: true,
  },
  {
    keys: ['.'],
    command: 'nudgeForward',
    label: 'Forward 0.1 s',
    when: ANYWHERE,
    typed: ['.'],
    places: ['Period'],
    isRepeated: true,
  },
  { keys: ['Home'], command: 'songStart', label: 'To the start of the song', when: NOT_ON_SLIDER, typed: ['Home'] },
  { keys: ['End'], command: 'songEnd', label: 'To the end of the song', when: NOT_ON_SLIDER, typed: ['End'] },
  {
    keys: ['[', 'A'],
    command: 'loopStart',
    label: 'Loop from here',
    when: ANYWHERE,
    typed: ['a'],
    withAlt: ['['],
    places: ['KeyA', 'BracketLeft'],
  },
  {
    keys: [']', 'B'],
    command: 'loopEnd',
    label: 'Loop to here',
    when: ANYWHERE,
    typed: ['b'],
    withAlt: [']'],
    places: ['KeyB', 'BracketRight'],
  },
  {
    keys: ['\\', 'R'],
    command: 'playLoop',
    label: 'Play the loop once more, with a run-up',
    when: ANYWHERE,
    typed: ['r'],
    withAlt: ['\\'],
    places: ['KeyR', 'Backslash'],
  },
  { keys: ['1', '…', '9'], command: 'lane', label: 'Mute a track, or let it be heard', when: ANYWHERE, typed: [] },
  {
    keys: ['+'],
    command: 'zoomIn',
    label: 'Show less of the song',
    when: ANYWHERE,
    typed: ['+', '='],
    isRepeated: true,
  },
  { keys: ['-'], command: 'zoomOut', label: 'Show more of the song', when: ANYWHERE, typed: ['-'], isRepeated: true },
  { keys: ['0'], command: 'wholeSong', label: 'Show the whole song', when: ANYWHERE, typed: ['0'] },
  { keys: ['M'], command: 'marker', label: 'Set a marker here', when: ANYWHERE, typed: ['m'], places: ['KeyM'] },
  {
    keys: ['W'],
    command: 'stage',
    label: 'Show the words on the whole screen, or leave them',
    when: ANYWHERE,
    typed: ['w'],
    places: ['KeyW'],
  },
  {
    keys: ['Ctrl+Z', '⌘Z'],
    command: 'undo',
    label: 'Undo',
    when: ANYWHERE,
    typed: ['z'],
    places: ['KeyZ'],
    isWithCtrl: true,
    isRepeated: true,
  },
  {
    keys: ['Ctrl+Shift+Z', '⇧⌘Z', 'Ctrl+Y'],
    command: 'redo',
    label: 'Redo',
    when: ANYWHERE,
    typed: ['y'],
    places: ['KeyY'],
    isWithCtrl: true,
    isRepeated: true,
  },
  { keys: ['?'], command: 'help', label: 'Show or hide this help', when: ANYWHERE, typed: ['?'] },
]
