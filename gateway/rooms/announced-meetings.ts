import type { Events, Meeting, MeetingEventData, MeetingStore } from '../ports.ts';

/** Meetings whose changes are told, each once it is kept. */
export function announcedMeetings(store: MeetingStore, events: Events): MeetingStore {
  return {
    list: (query) => store.list(query),
    get: (id) => store.get(id),
    findByRoom: (tenant, room) => store.findByRoom(tenant, room),
    findByNumber: (tenant, number) => store.findByNumber(tenant, number),
    findByPin: (tenant, pin) => store.findByPin(tenant, pin),
    async create(wanted) {
      const made = await store.create(wanted);
      events.emit('meeting.created', made.tenant, factsOf(made));
      return made;
    },
    async change(id, version, change) {
      const changed = await store.change(id, version, change);
      if (changed !== null) events.emit('meeting.changed', changed.tenant, factsOf(changed));
      return changed;
    },
    // Many at once are one thing done, and a thousand events nobody's help.
    saveAll: (tenant, savings, dryRun) => store.saveAll(tenant, savings, dryRun),
    async remove(id, version) {
      // Looked at before: afterwards nobody knows whose it was.
      const found = await store.get(id);
      const removed = await store.remove(id, version);
      if (removed && found !== null) events.emit('meeting.removed', found.tenant, factsOf(found));
      return removed;
    },
  };
}

/** Neither PINs nor the way to them. */
function factsOf({ id, number, title, room, version }: Meeting): MeetingEventData {
  return { meeting: id, number, title, room, version };
}
