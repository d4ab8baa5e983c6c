import { Guarded } from "@/components/identity/guarded";
import { PeopleList } from "@/components/identity/people-list";

export const metadata = { title: "People" };

export default function PeoplePage() {
  return (
    <Guarded permission="identity.people.manage" what="Managing people" neededRole="platform administrator">
      <PeopleList />
    </Guarded>
  );
}
