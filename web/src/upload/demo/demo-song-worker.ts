import { demoSong } from './demo-song.ts'

const song = demoSong()
postMessage(song, { transfer: [song] })
