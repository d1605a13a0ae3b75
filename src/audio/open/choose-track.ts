import { AVMEDIA_TYPE_AUDIO } from 'node-av/constants'
import { Codec, type FormatContext, type Stream } from 'node-av/lib'
import { printableLine } from '../../platform/printable.ts'
import { MediaFault } from '../media-fault.ts'

const MAX_TITLE_CHARACTERS = 40
const MAX_TRACKS_TOLD = 10

/**
 * The stream of a sound track. Throws a MediaFault when there is no such track.
 * @param track from 1, among the sound tracks only; null for FFmpeg's choice
 * @returns no stream when the file has no sound; notes for a user who did not choose a track
 */
export function chooseTrack(
  container: FormatContext,
  track: number | null,
): { stream: Stream | undefined; notes: string[] } {
  const tracks = (container.streams ?? []).filter(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_AUDIO)
  if (track === null) {
    const index = container.findBestStream(AVMEDIA_TYPE_AUDIO)
    const position = tracks.findIndex((stream) => stream.index === index)
    return { stream: tracks[position], notes: tracks.length > 1 ? [severalTracks(tracks, position + 1)] : [] }
  }
  const stream = tracks[track - 1]
  if (stream || tracks.length === 0) return { stream, notes: [] }
  throw new MediaFault('no-track', `There is no sound track ${track} in it. ${listOf(tracks)}`)
}

function severalTracks(tracks: readonly Stream[], taken: number): string {
  const other = taken === 1 ? 2 : 1
  return `${listOf(tracks)} Track ${taken} was taken. To take another: separate --track, or the API (POST /music?track=${other}).`
}

function listOf(tracks: readonly Stream[]): string {
  const told = tracks.slice(0, MAX_TRACKS_TOLD).map((stream, index) => `${index + 1} (${describe(stream)})`)
  const rest = tracks.length > MAX_TRACKS_TOLD ? ', …' : ''
  return `The file has ${tracks.length} sound track${tracks.length === 1 ? '' : 's'}: ${told.join(', ')}${rest}.`
}

/** Language and title of a track, if it has them, and its codec. */
function describe({ metadata, codecpar }: Stream): string {
  const { language = '', title = '' } = metadata?.getAll() ?? {}
  const words = [language === 'und' ? '' : language, title, Codec.findDecoder(codecpar.codecId)?.name ?? '']
  return words
    .filter(Boolean)
    .map((word) => printableLine([...word].slice(0, MAX_TITLE_CHARACTERS).join('')))
    .join(', ')
}
