declare const made: unique symbol;

/** What a live page listens to. Made by a room's `kinds.ts` alone, so that what is sent and what is heard cannot differ by a letter. */
export type Topic = string & { readonly [made]: true };

/** Makes the topic of one thing from its id. */
export interface TopicMaker {
  (id: string | number): Topic;
  readonly of: string;
  /** The id is a person's, who alone may listen. */
  readonly personal: boolean;
}

const maker = (of: string, personal: boolean): TopicMaker =>
  Object.assign((id: string | number) => `${of}:${id}` as Topic, { of, personal });

/** `topicOf("run")(id)`: one thing has changed. */
export const topicOf = (kind: string): TopicMaker => maker(kind, false);
/** The same for what belongs to one person. */
export const personalTopicOf = (kind: string): TopicMaker => maker(kind, true);
/** `topic("runs")`: a list has changed. */
export const topic = (name: string): Topic => name as Topic;
