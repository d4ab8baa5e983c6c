CREATE TABLE "blob_refs" (
	"digest" text NOT NULL,
	"owner_kind" text NOT NULL,
	"owner_id" text NOT NULL,
	CONSTRAINT "blob_refs_digest_owner_kind_owner_id_pk" PRIMARY KEY("digest","owner_kind","owner_id")
);
--> statement-breakpoint
ALTER TABLE "blob_refs" ADD CONSTRAINT "blob_refs_digest_blobs_digest_fk" FOREIGN KEY ("digest") REFERENCES "public"."blobs"("digest") ON DELETE no action ON UPDATE no action;