import { assertNever } from '../assert-never.ts'
import { isStageOpen } from '../is-stage-open.ts'
import { showFailure } from '../notice.ts'
import { newestFirst, type Song, songs } from '../server/songs.ts'
import { shownSongId } from '../shown-song.ts'
import { undoHistory } from '../undo-history.ts'
import { changeMix } from './change-mix.ts'
import { isHelpOpen } from './is-help-open.ts'
import { playLoop, setLoop } from './loop.ts'
import { addMarker } from './markers.ts'
import { mixInForce, toggled } from './mix.ts'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { type KeyCommand, type PageCommand, SEEK_STEP_SECONDS, type SongCommand } from './shortcuts.ts'
import { lengthOf } from './song-length.ts'
import { middleOf, showWhole, zoom } from './waveforms/view.ts'

const NUDGE_SECONDS = 0.1

/** Within the open song only. Without one, their keys are the browser's, which scrolls the page. */
const WITHIN_OPEN_SONG: readonly KeyCommand['kind'][] = [
  'songStart',
  'songEnd',
  'backToStart',
  'loopStart',
  'loopEnd',
  'marker',
]

/** The song that commands concern: the open one, otherwise the one that is shown, or the newest. */
export function songForCommands(player: Player): Song | undefined {
  return player.song.value ?? songs.value.get(shownSongId.value ?? 0) ?? newestFirst.value[0]
}

/** Whether there is a song for the command, if it needs one. */
export function canPerform(player: Player, command: KeyCommand): boolean {
  if (isForPage(command)) return true
  return WITHIN_OPEN_SONG.includes(command.kind)
    ? player.song.value !== undefined
    : songForCommands(player) !== undefined
}

/** Carries out a command of a key, a pedal or a foot switch, if that can be done. */
export function performCommand(player: Player, command: KeyCommand): void {
  const song = songForCommands(player)
  if (!canPerform(player, command)) return
  if (isForPage(command)) performOnPage(command)
  else if (song) performOnSong({ player, song, command })
}

function isForPage(command: KeyCommand): command is PageCommand {
  return ['undo', 'redo', 'help', 'stage'].includes(command.kind)
}

function performOnPage({ kind }: PageCommand): void {
  if (kind === 'stage') isStageOpen.value = !isStageOpen.value
  else if (kind === 'help') isHelpOpen.value = !isHelpOpen.value
  else showFailure(kind === 'undo' ? undoHistory.undo() : undoHistory.redo())
}

function performOnSong({ player, song, command }: { player: Player; song: Song; command: SongCommand }): void {
  const { music_id, tracks } = song.music
  const seek = (position: number) => showFailure(player.seek(music_id, position))
  const move = (seconds: number) => seek(player.position.value + seconds * SAMPLE_RATE)
  switch (command.kind) {
    case 'toggle':
      showFailure(player.toggle(music_id))
      break
    case 'back':
      move(-SEEK_STEP_SECONDS)
      break
    case 'forward':
      move(SEEK_STEP_SECONDS)
      break
    case 'nudgeBack':
      move(-NUDGE_SECONDS)
      break
    case 'nudgeForward':
      move(NUDGE_SECONDS)
      break
    case 'songStart':
      seek(0)
      break
    case 'songEnd':
      seek(lengthOf(song))
      break
    case 'backToStart':
      seek(player.loop.value?.start ?? 0)
      break
    case 'loopStart':
      setLoop(player, { start: player.position.value })
      break
    case 'loopEnd':
      setLoop(player, { end: player.position.value })
      break
    case 'playLoop':
      showFailure(playLoop(player, music_id))
      break
    case 'zoomIn':
      zoom(song, 2, middleOf(player, song))
      break
    case 'zoomOut':
      zoom(song, 0.5, middleOf(player, song))
      break
    case 'wholeSong':
      showWhole(song)
      break
    case 'marker':
      addMarker(player, music_id)
      break
    case 'lane': {
      const lane = tracks[command.lane]
      const mix = mixInForce(player.settings, song.music)
      if (lane) changeMix(player, song, { ...mix, muted: toggled(mix.muted, lane.track_id) })
      break
    }
    default:
      assertNever(command)
  }
}
