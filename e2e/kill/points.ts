/**
 * Every point at which the worker of the kill tests can be stopped: by the chapters in which a device dies there, in the
 * order in which they meet it first, and how often a chapter surely passes it.
 */
import type { Chapter } from './chapters.ts'

const timesByPoint: Readonly<Record<Chapter, Readonly<Record<string, number>>>> = {
  online: {
    'before the transaction: ensureStore': 1,
    'store: row written': 2,
    'store: head written': 2,
    'before the commit: ensureStore': 1,
    'after the commit: ensureStore': 1,
    'before the transaction: mintLeader': 1,
    'before the commit: mintLeader': 1,
    'after the commit: mintLeader': 1,
    'lead: named': 1,
    'before the send: hello': 1,
    'after the send: hello': 1,
    'heard from the server: welcome': 1,
    'before the send: pull': 1,
    'after the send: pull': 1,
    'heard from the server: entries': 3,
    'apply: decided': 3,
    'before the transaction: applyEntries': 3,
    'apply: entries added': 3,
    'apply: inbox cleared': 3,
    'pending: outbox changed': 3,
    'before the head: applyEntries': 3,
    'before the commit: applyEntries': 3,
    'after the commit: applyEntries': 3,
    'sync: applied': 3,
    'before the transaction: saveSnapshots': 1,
    'before the commit: saveSnapshots': 1,
    'after the commit: saveSnapshots': 1,
    'dispatch: decided': 2,
    'before the transaction: appendCommits': 2,
    'append: commits added': 2,
    'before the head: appendCommits': 2,
    'before the commit: appendCommits': 2,
    'after the commit: appendCommits': 2,
    'dispatch: before the answer': 2,
    'answered the page': 2,
    'before the send: push': 2,
    'after the send: push': 2,
    'heard from the server: receipt': 2,
  },
  offline: {
    'heard from the server: goaway': 1,
    'before the transaction: reviseOutbox': 1,
    'pending: outbox changed': 1,
    'before the head: reviseOutbox': 1,
    'before the commit: reviseOutbox': 1,
    'after the commit: reviseOutbox': 1,
    'heard from the server: refuse': 1,
    'before the transaction: dismissInbox': 1,
    'before the commit: dismissInbox': 1,
    'after the commit: dismissInbox': 1,
  },
  restored: {
    'heard from the server: refuse': 1,
    'before the send: locate': 1,
    'after the send: locate': 1,
    'heard from the server: located': 1,
    'heal: decided': 1,
    'before the transaction: resetLog': 1,
    'reset: entries dropped': 1,
    'reset: snapshots dropped': 1,
    'reset: outbox replaced': 1,
    'reset: inbox changed': 1,
    'before the head: resetLog': 1,
    'before the commit: resetLog': 1,
    'after the commit: resetLog': 1,
    'heal: taken up': 1,
  },
  copied: {
    'rename: named': 1,
    'rename: decided': 1,
    'reset: outbox replaced': 1,
    'before the commit: resetLog': 1,
    'after the commit: resetLog': 1,
    'rename: taken up': 1,
  },
  frozen: {
    'before the transaction: addWish': 2,
    'before the commit: addWish': 2,
    'after the commit: addWish': 2,
    'answered the page': 2,
    'append: commits added': 2,
    'before the head: appendCommits': 2,
    'before the commit: appendCommits': 2,
    'after the commit: appendCommits': 2,
    'dispatch: before the answer': 2,
    'overflow: carried out': 2,
    'before the transaction: removeWish': 2,
    'before the commit: removeWish': 2,
    'after the commit: removeWish': 2,
  },
}

export interface Place {
  readonly chapter: Chapter
  readonly point: string
  /** How often it surely stands there. */
  readonly times: number
}

export const places: readonly Place[] = Object.entries(timesByPoint).flatMap(([chapter, times]) =>
  Object.entries(times).map(([point, times]) => ({ chapter: chapter as Chapter, point, times })),
)
