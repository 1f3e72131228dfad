"""What is said of a moderator's mark on a post, and of what comes of three."""

TEXTS: dict[str, dict[str, str]] = {
    "post_marked": {
        "en": (
            "A moderator marked a post of yours as outside the scope of your licence: {post} Their reason: {reason}"
            " Your permit is off this post, and the lowest tier's limits hold for it. {most} such marks within 90 days"
            " suspend your tier. You can appeal: {page}"
        ),
        "de": (
            "Die Moderation hat einen deiner Beiträge als außerhalb deiner Lizenz gekennzeichnet: {post} Der Grund:"
            " {reason} Er trägt deinen Lizenzvermerk nicht mehr, und für ihn gelten die Grenzen der untersten Stufe. {most}"
            " solche Kennzeichnungen in 90 Tagen setzen deine Stufe aus. Du kannst widersprechen: {page}"
        ),
    },
    "cause_marks": {
        "en": "three posts of yours within 90 days were marked as outside your licence; you can appeal against each mark",
        "de": "drei deiner Beiträge in 90 Tagen wurden als außerhalb deiner Lizenz gekennzeichnet; du kannst widersprechen",
    },
    "cause_marks_over": {
        "en": "fewer than three marks of the last 90 days stand on your posts",
        "de": "von den letzten 90 Tagen stehen weniger als drei Kennzeichnungen deiner Beiträge",
    },
}
