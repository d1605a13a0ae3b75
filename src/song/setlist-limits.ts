/** Far more than a band needs. They bound the event that tells a page all setlists. */
export const MAX_SETLISTS = 500
export const MAX_SETLIST_SONGS = 2_000
export const MAX_SETLIST_NAME_CHARACTERS = 120
