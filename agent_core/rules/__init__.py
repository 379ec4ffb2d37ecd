"""What several phases share: who may decide, how a call is proposed, how a claim is settled, what is due. Pure."""
