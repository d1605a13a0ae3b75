import type { Song } from '../server/songs.ts'
import type { Player } from './player.ts'

/** Tells why the open song is silent, or what this page cannot do. */
export function Silence({ player, song }: { player: Player; song: Song }) {
  const isWaiting = player.state.value.kind === 'waiting'
  const problem = player.problem.value
  return (
    <>
      {isWaiting && !problem ? waitsFor(song, player.position.value) : ''}
      {problem}
      {player.isInAudioThread.value ? '' : ' Over https, faders would act at once, and key and tempo could be changed.'}
    </>
  )
}

function waitsFor({ segments }: Song, position: number): string {
  const here = segments.find(({ startSample, samples }) => position >= startSample && position < startSample + samples)
  if (here?.state === 'final') return 'This part is on its way from the server …'
  const hasSound = segments.some(({ state }) => state === 'final')
  return hasSound ? 'This part is being separated …' : 'The first seconds are being separated …'
}
