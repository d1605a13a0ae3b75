import { alignGroups } from './align-groups.ts'
import { draftLines } from './draft-lines.ts'
import { guessTimes } from './guess-times.ts'
import { joinAligned } from './join-aligned.ts'
import { VoiceLevels } from './voice.ts'
import { voiceWindows } from './voice-windows.ts'

/**
 * How words get their times, as pure functions: the same voice and text give the same plan and the same words, whoever runs the
 * tasks between them.
 *
 * 1. `windows` of the voice are heard (tasks of kind transcribe).
 * 2. `match` finds the words of a text among those that were heard: a first guess of their times.
 * 3. `groups` of lines are aligned (tasks of kind align), which finds each word in its own sound.
 * 4. `join` puts the results together, and marks the lines in which guess and alignment differ.
 *
 * A text with line times needs only 3 and 4. Without a text, `transcript` makes lines of what was heard.
 */
export const timingRules = {
  newVoice: () => new VoiceLevels(),
  windows: voiceWindows,
  match: guessTimes,
  groups: alignGroups,
  join: joinAligned,
  transcript: draftLines,
}
