/**
 * Domain events: the one way a lower domain speaks to a higher one. Each room adds its own to this interface in its `events.ts`, as name and
 * payload: `<room>.<past tense>`, ids instead of rows. Types only: nothing of a room is loaded here.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- the rooms fill it
export interface DomainEvents {}

export type DomainEventType = keyof DomainEvents;
export type PayloadOf<T extends DomainEventType> = DomainEvents[T];
export type DomainEvent = { [T in DomainEventType]: { type: T; payload: DomainEvents[T] } }[DomainEventType];
