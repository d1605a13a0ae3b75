import { effect } from '@preact/signals'
import { render } from 'preact'
import { followHistory, showSong } from './address.ts'
import { applyAddress } from './apply-address.ts'
import { stemsToLeaveOut } from './instrument.ts'
import { addedToOpenSetlist } from './library/open-setlist.ts'
import { followLogin } from './log-out.ts'
import { SongLyrics } from './lyrics/song-lyrics.ts'
import { showFailure } from './notice.ts'
import { Page } from './page.tsx'
import { AudioSession } from './player/audio-session.ts'
import { listenToMediaKeys } from './player/media-session.ts'
import { NextSong } from './player/next-song.ts'
import { playInOneTab } from './player/one-tab.ts'
import { showInTab } from './player/page-title.ts'
import { listenToKeys } from './player/perform-key.ts'
import { Player } from './player/player.ts'
import { keepAwake } from './player/wake-lock.ts'
import { followPlayhead } from './player/waveforms/view.ts'
import { keepTracks, sendPlayhead } from './server/api.ts'
import { getLyrics } from './server/lyrics.ts'
import { serverUrl } from './server/server-url.ts'
import { isLibraryRead, listen, lyricsNews, needSegments, practiceVersions, songs } from './server/songs.ts'
import { openSettings } from './settings/page-settings.ts'
import { takeOverStored } from './settings/take-over-stored.ts'
import { followStage } from './stage-view.ts'
import { listenToFiles } from './upload/listen-to-files.ts'
import { Uploads } from './upload/uploads.ts'

/** Registers a service worker, so that the page also opens without the server. Browsers refuse that over plain http. */
function keepPageOffline(): void {
  const serviceWorker = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  // Private windows refuse that as well. The page works without it.
  serviceWorker?.register(serverUrl('shell.js')).catch(() => undefined)
}

const root = document.getElementById('page')
if (root) {
  const settings = openSettings()
  const player = new Player({
    settings,
    songs,
    needSegments,
    keepTracks,
    sendPlayhead,
    openSession: (listener) => new AudioSession(listener),
  })
  const nextSong = new NextSong(player, showSong)
  const uploads = new Uploads({
    stemsToLeaveOut,
    prepareToPlay: () => nextSong.prepare(),
    async separateAndPlay(musicId, tracks) {
      if (!practiceVersions.peek().has(musicId)) settings.addSong(musicId)
      await player.trackRequests.send(musicId, tracks)
      nextSong.play(musicId)
    },
  })
  const lyrics = new SongLyrics({
    load: getLyrics,
    onFailure: (error) => showFailure(Promise.reject(error)),
  })
  render(<Page player={player} uploads={uploads} lyrics={lyrics} />, root)
  followHistory()
  followStage()
  followLogin()
  applyAddress(player)
  listen()
  effect(() => {
    for (const news of lyricsNews.value.values()) lyrics.follow(news)
  })
  effect(() => {
    if (isLibraryRead.value) showFailure(takeOverStored(settings, songs.peek()))
  })
  listenToKeys(player)
  listenToMediaKeys(player)
  playInOneTab(player)
  keepAwake(player)
  showInTab(player)
  listenToFiles(uploads, addedToOpenSetlist)
  followPlayhead(player)
  keepPageOffline()
}
