import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toDisplayName } from '../../src/receive/probe-song.ts'
import { parseFileName } from '../../src/song/name-parts.ts'

/** Band and title, by file name. */
const NAMES: Record<string, [string, string]> = {
  'Queen - Another One Bites the Dust.mp3': ['Queen', 'Another One Bites the Dust'],
  'Song.mp3': ['', 'Song'],
  // a number ahead
  '01 - Song.mp3': ['', 'Song'],
  '01 – Song.flac': ['', 'Song'],
  '01_-_Song.mp3': ['', 'Song'],
  '7 - Song.mp3': ['', 'Song'],
  '12 - Song.mp3': ['', 'Song'],
  '007 - Song.mp3': ['', 'Song'],
  '01. Song.mp3': ['', 'Song'],
  '1. Song.mp3': ['', 'Song'],
  '01.Song.mp3': ['', 'Song'],
  '01 Song.mp3': ['', 'Song'],
  '01_Song_Name.mp3': ['', 'Song Name'],
  '01-Song.mp3': ['', 'Song'],
  '1-01 Song.mp3': ['', 'Song'],
  '2-14 Song.mp3': ['', 'Song'],
  '1-01 - Song.mp3': ['', 'Song'],
  '1 - 01 - Song.mp3': ['', 'Song'],
  'A1 - Song.mp3': ['', 'Song'],
  'B2 - Band - Song.mp3': ['Band', 'Song'],
  '01 - Band - Song.mp3': ['Band', 'Song'],
  '01. Band - Song.mp3': ['Band', 'Song'],
  '01 Band - Song.mp3': ['Band', 'Song'],
  '01 - Band - Song - Live.mp3': ['Band', 'Song - Live'],
  '05 - 99 Luftballons.mp3': ['', '99 Luftballons'],
  '01 7 Rings.mp3': ['', '7 Rings'],
  '03 - 50 Cent - In da Club.mp3': ['50 Cent', 'In da Club'],
  // a number behind the band
  'Band - 01 - Song.mp3': ['Band', 'Song'],
  'Band - 7 - Song.mp3': ['Band', 'Song'],
  'Band - 01. Song.mp3': ['Band', 'Song'],
  'Band - 01 Song.mp3': ['Band', 'Song'],
  'Band - 1-01 - Song.mp3': ['Band', 'Song'],
  'Band - Album - 01 - Song.mp3': ['Band', 'Song'],
  'Band - Album - 01 Song.mp3': ['Band', 'Song'],
  'Band - Album - 12. Song - Live.mp3': ['Band', 'Song - Live'],
  'Band - 1984 - 03 - Song.mp3': ['Band', 'Song'],
  // numbers that are names
  '99 Luftballons.mp3': ['', '99 Luftballons'],
  '7 Rings.mp3': ['', '7 Rings'],
  '1979.mp3': ['', '1979'],
  '01.mp3': ['', '01'],
  'Ariana Grande - 7 Rings.mp3': ['Ariana Grande', '7 Rings'],
  'Nena - 99 Luftballons.mp3': ['Nena', '99 Luftballons'],
  'U2 - 40.mp3': ['U2', '40'],
  'The Smashing Pumpkins - 1979.mp3': ['The Smashing Pumpkins', '1979'],
  '311 - Amber.mp3': ['311', 'Amber'],
  '1979 - Song.mp3': ['1979', 'Song'],
  "10cc - I'm Not in Love.mp3": ['10cc', "I'm Not in Love"],
  '2Pac - Changes.mp3': ['2Pac', 'Changes'],
  '50 Cent - In da Club.mp3': ['50 Cent', 'In da Club'],
  '65daysofstatic - Radio Protector.mp3': ['65daysofstatic', 'Radio Protector'],
  "4 Non Blondes - What's Up.mp3": ['4 Non Blondes', "What's Up"],
  'Beethoven - 9. Sinfonie.mp3': ['Beethoven', '9. Sinfonie'],
  '01.02.2003 Live.mp3': ['', '01.02.2003 Live'],
  '01-02-2003 Live.mp3': ['', '01-02-2003 Live'],
  'D12 - My Band.mp3': ['D12', 'My Band'],
  'B52 - Love.mp3': ['B52', 'Love'],
  '01 - D12 - My Band.mp3': ['D12', 'My Band'],
  '24-7.mp3': ['', '24-7'],
  // a dash that nothing follows
  '01 - .mp3': ['', '01'],
  '01 -.mp3': ['', '01'],
  'Band - Song - .mp3': ['Band', 'Song'],
  '-.mp3': ['', '-'],
}

test('band and title are taken from a file name without its track number', () => {
  for (const [name, [band, title]] of Object.entries(NAMES))
    assert.deepEqual(parseFileName(name), { band, title }, name)
})

test('a display name is one line without control characters', () => {
  assert.equal(toDisplayName('dir/\u001b[31mRed\u202efdp.\u2066\u2028x.mp3'), '[31mRedfdp. x.mp3')
  assert.equal(toDisplayName('C:\\Music\\Song.mp3'), 'Song.mp3')
})
